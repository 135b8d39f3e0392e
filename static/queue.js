// Keys for the queue. Everything here is also done with Tab and Enter; without this file nothing is missing.
(function () {
  "use strict";
  var form = document.getElementById("rows"), help = document.getElementById("keys");
  var off = document.getElementById("keys-off"), news = document.getElementById("news");
  if (!help || !off) { return; }
  var rows = form ? [].slice.call(form.querySelectorAll("table.queue tbody tr")) : [];
  var at = -1;
  try { off.checked = localStorage.getItem("qf-keys") === "off"; } catch (e) { /* storage is shut: keys are on */ }
  off.addEventListener("change", function () {
    try { localStorage.setItem("qf-keys", off.checked ? "off" : "on"); } catch (e) { /* for this page only */ }
  });
  function here() {
    var row = document.activeElement && document.activeElement.closest("table.queue tbody tr");
    return row ? rows.indexOf(row) : at;
  }
  function go(step) {
    if (!rows.length) { return; }
    at = Math.max(0, Math.min(rows.length - 1, here() + step));
    rows[at].querySelector("th a").focus();
  }
  function inRow(selector) { var n = here(); return n < 0 ? null : rows[n].querySelector(selector); }
  var acts = {
    j: function () { go(1); },
    k: function () { go(-1); },
    o: function () { var a = inRow("th a"); if (a) { a.click(); } },
    x: function () { var box = inRow(".pick input"); if (box) { box.checked = !box.checked; } },
    c: function () { var b = inRow(".c-who button"); if (b) { b.click(); } },
    a: function () { var a = inRow("th a"); if (a) { location.href = a.getAttribute("href") + "#act"; } },
    "?": function () {
      help.open = !help.open;
      if (help.open) { help.querySelector("summary").focus(); }
    }
  };
  document.addEventListener("keydown", function (event) {
    var field = event.target.closest && event.target.closest("input:not([type=checkbox]), textarea, select");
    if (field || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (off.checked && event.key !== "?") { return; }
    var act = acts[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  // New rows are announced and never moved in under the pointer: the person decides when to reload.
  if (form && news && window.fetch) {
    setInterval(function () {
      if (document.hidden || !news.hidden) { return; }
      fetch(form.getAttribute("data-fresh"), { credentials: "same-origin" })
        .then(function (answer) { return answer.ok ? answer.json() : null; })
        .then(function (got) { if (got && got.mark !== form.getAttribute("data-mark")) { news.hidden = false; } })
        .catch(function () { /* the next round asks again */ });
    }, 30000);
  }
})();
