"""Reading lists as departments publish them. The reader is pure Python and runs only in a child process."""
