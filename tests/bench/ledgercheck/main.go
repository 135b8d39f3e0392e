// Ledgercheck reads checkpoints and proofs of the ledger with code that knows nothing of ours:
// golang.org/x/mod/sumdb/note and github.com/transparency-dev/merkle. It is no part of the site.
//
//	ledgercheck VKEY FOLDER
//
// FOLDER holds *.checkpoint (signed notes), *.tlog-proof, and consistency.json with a list of
// {"old", "new", "proof"}. Every file must hold, and every file that begins with "bad-" must not.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

type head struct {
	size uint64
	root []byte
}

func open(text []byte, known note.Verifiers) (head, error) {
	n, err := note.Open(text, known)
	if err != nil {
		return head{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 {
		return head{}, errors.New("not a checkpoint")
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil {
		return head{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	return head{size, root}, err
}

func hashes(lines []string) ([][]byte, error) {
	var out [][]byte
	for _, line := range lines {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return nil, err
		}
		out = append(out, raw)
	}
	return out, nil
}

// inclusion checks a tlog-proof file: the leaf from its opening, the proof, the checkpoint in it.
func inclusion(text []byte, known note.Verifiers) error {
	above, below, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(above), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	var opening struct {
		Public  map[string]string
		Salt    string
		Private string
	}
	if err := json.Unmarshal(raw, &opening); err != nil {
		return err
	}
	public, err := json.Marshal(opening.Public) // sorted, ASCII: RFC 8785 for such an object
	if err != nil {
		return err
	}
	salt, err := hex.DecodeString(opening.Salt)
	if err != nil {
		return err
	}
	private, err := hex.DecodeString(opening.Private)
	if err != nil {
		return err
	}
	pub := sha256.Sum256(append(salt, public...))
	leaf := rfc6962.DefaultHasher.HashLeaf(append(pub[:], private...))
	index, err := strconv.ParseUint(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	path, err := hashes(lines[3:])
	if err != nil {
		return err
	}
	top, err := open(below, known)
	if err != nil {
		return err
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, index, top.size, leaf, path, top.root)
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func main() {
	if len(os.Args) != 3 {
		fail("ledgercheck VKEY FOLDER")
	}
	verifier, err := note.NewVerifier(os.Args[1])
	if err != nil {
		fail("key: %v", err)
	}
	known, folder, start := note.VerifierList(verifier), os.Args[2], time.Now()
	heads, counts := map[uint64]head{}, map[string]int{}
	each := func(pattern, kind string, check func([]byte) error) {
		files, _ := filepath.Glob(filepath.Join(folder, pattern))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				fail("%v", err)
			}
			err = check(text)
			bad := strings.HasPrefix(filepath.Base(file), "bad-")
			if bad != (err != nil) {
				fail("%s: %v", filepath.Base(file), err)
			}
			if bad {
				counts["forged "+kind+", refused"]++
			} else {
				counts[kind]++
			}
		}
	}
	each("*.checkpoint", "checkpoints", func(text []byte) error {
		top, err := open(text, known)
		if err == nil {
			heads[top.size] = top
		}
		return err
	})
	each("*.tlog-proof", "inclusion proofs", func(text []byte) error { return inclusion(text, known) })
	raw, err := os.ReadFile(filepath.Join(folder, "consistency.json"))
	if err != nil {
		fail("%v", err)
	}
	var between []struct {
		Old, New uint64
		Proof    []string
	}
	if err := json.Unmarshal(raw, &between); err != nil {
		fail("consistency.json: %v", err)
	}
	for _, said := range between {
		path, err := hashes(said.Proof)
		if err != nil {
			fail("%v", err)
		}
		old, fresh := heads[said.Old], heads[said.New]
		err = proof.VerifyConsistency(rfc6962.DefaultHasher, said.Old, said.New, path, old.root, fresh.root)
		if err != nil {
			fail("from %d to %d: %v", said.Old, said.New, err)
		}
		if len(path) > 0 {
			path[0] = make([]byte, 32)
			if proof.VerifyConsistency(rfc6962.DefaultHasher, said.Old, said.New, path, old.root, fresh.root) == nil {
				fail("from %d to %d: holds with another hash", said.Old, said.New)
			}
			counts["forged consistency proofs, refused"]++
		}
		counts["consistency proofs"]++
	}
	for _, kind := range []string{
		"checkpoints", "inclusion proofs", "consistency proofs", "forged checkpoints, refused",
		"forged inclusion proofs, refused", "forged consistency proofs, refused",
	} {
		fmt.Printf("%s %d\n", kind, counts[kind])
	}
	fmt.Printf("seconds %.2f\n", time.Since(start).Seconds())
}
