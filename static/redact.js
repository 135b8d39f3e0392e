// Text selected in the original goes into the field of words to hide. Without this file sentences are ticked,
// and words typed.
(function () {
  "use strict";
  var original = document.getElementById("original"), bar = document.getElementById("select");
  var words = document.querySelector("textarea[name=words]"), said = document.getElementById("selected");
  if (!original || !bar || !words || !window.getSelection) { return; }
  function chosen() {
    var selection = window.getSelection();
    if (!selection.rangeCount || !original.contains(selection.getRangeAt(0).commonAncestorContainer)) { return ""; }
    return selection.toString().trim();
  }
  bar.hidden = false;
  // Selecting inside a label must not tick its box.
  original.addEventListener("click", function (event) {
    if (chosen() && event.target.closest("label")) { event.preventDefault(); }
  });
  var button = bar.querySelector("button");
  // Before the press takes the selection away.
  button.addEventListener("mousedown", function (event) { event.preventDefault(); });
  button.addEventListener("click", function () {
    var text = chosen();
    if (!text) { return; }
    words.value = (words.value.trim() ? words.value.replace(/\n*$/, "\n") : "") + text + "\n";
    said.textContent = said.dataset.done;
    window.getSelection().removeAllRanges();
  });
})();
