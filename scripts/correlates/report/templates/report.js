"use strict";
// The page is whole without this; it only narrows the table of files.
(function () {
  const form = document.querySelector(".filter");
  const rows = Array.from(document.querySelectorAll("#files-table tbody"));
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
    said.textContent = left === rows.length ? "" : left + " of " + rows.length + " files";
  }
  form.hidden = false;
  form.addEventListener("input", narrow);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
})();
