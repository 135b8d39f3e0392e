// Suggestions under a search box while typing. Without this file the form is the whole search.
(function () {
  "use strict";
  var WAIT = 250, LEAST = 2;

  function attach(input) {
    var box = document.createElement("ul"), timer = null, asked = 0;
    box.className = "list sugg";
    box.hidden = true;
    box.setAttribute("aria-label", input.getAttribute("data-suggest-label"));
    input.closest(".find").appendChild(box);

    function show(items) {
      box.textContent = "";
      items.forEach(function (item) {
        var row = document.createElement("li"), link = document.createElement("a");
        link.href = item.url;
        link.textContent = item.title;
        row.appendChild(link);
        box.appendChild(row);
      });
      box.hidden = !items.length;
    }

    function ask() {
      var words = input.value.trim(), mine = ++asked;
      if (words.length < LEAST) { show([]); return; }
      fetch(input.getAttribute("data-suggest") + "?q=" + encodeURIComponent(words), { credentials: "omit" })
        .then(function (answer) { return answer.ok ? answer.json() : { suggestions: [] }; })
        .then(function (found) { if (mine === asked) { show(found.suggestions); } })
        .catch(function () { if (mine === asked) { show([]); } });
    }

    function later() {
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT);
    }

    input.addEventListener("input", function (event) { if (!event.isComposing) { later(); } });
    input.addEventListener("compositionend", later);
    input.closest(".find").addEventListener("keydown", function (event) {
      if (event.key === "Escape" && !box.hidden) { show([]); input.focus(); event.preventDefault(); }
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("input[data-suggest]"), attach);
})();
