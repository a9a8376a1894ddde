"use strict";
// The page is whole without this; it only narrows the tables of files.
(function () {
  const form = document.querySelector(".filter");
  const groups = Array.from(document.querySelectorAll("details.files"));
  const wasOpen = groups.map(function (group) { return group.open; });
  const rows = Array.from(document.querySelectorAll("details.files tbody"));
  if (!form || rows.length < 2) return;
  const state = form.querySelector("[data-filter=state]");
  const words = form.querySelector("[data-filter=words]");
  const said = form.querySelector("output");
  function narrow() {
    const wanted = words.value.trim().toLowerCase();
    let left = 0;
    for (const row of rows) {
      const fits = (!state.value || row.dataset.state === state.value) &&
        (!wanted || row.textContent.toLowerCase().includes(wanted));
      row.hidden = !fits;
      left += fits ? 1 : 0;
    }
    const isNarrowed = left < rows.length;
    groups.forEach(function (group, place) {
      group.hidden = !group.querySelector("tbody:not([hidden])");
      group.open = isNarrowed || wasOpen[place];
    });
    said.textContent = !isNarrowed ? "" : left + " of " + rows.length + " files";
  }
  form.hidden = false;
  form.addEventListener("input", narrow);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
})();
