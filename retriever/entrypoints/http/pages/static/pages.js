// What gets better with JavaScript. Without it every page is whole.
"use strict";

// Copying: a handle's menu has the citation and the quotation of its passage.
(function () {
  const words = document.getElementById("words");
  if (!words) return;
  const menu = document.createElement("span");
  menu.className = "copy";
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", "Copy");
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  let handle = null;

  function button(name, text) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = name;
    made.addEventListener("click", function () {
      navigator.clipboard.writeText(text()).then(
        function () { said.textContent = "Copied"; },
        function () { said.textContent = "The browser does not allow it"; }
      );
    });
    menu.append(made);
  }

  function citation() { return handle.getAttribute("aria-label"); }

  function quotation() {
    const passage = handle.closest(".passage").cloneNode(true);
    passage.querySelectorAll(".handle, .copy").forEach(function (each) { each.remove(); });
    const cells = passage.querySelectorAll("td");
    const text = cells.length
      ? Array.from(cells, function (cell) { return cell.textContent.trim(); }).join(" | ")
      : passage.textContent;
    return "“" + text.trim().replace(/\s+/g, " ") + "” (" + citation() + ")";
  }

  if (navigator.clipboard) {
    button("Copy citation", citation);
    button("Copy quotation", quotation);
    menu.append(said);
    words.addEventListener("focusin", show);
    words.addEventListener("pointerover", show);
    words.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { menu.remove(); }
    });
  }

  function show(event) {
    const found = event.target.closest(".handle");
    if (!found || (found === handle && menu.isConnected)) return;
    handle = found;
    said.textContent = "";
    handle.after(menu);
  }
})();

// The slider over the change points of a policy fills in the date of the bar.
(function () {
  const place = document.querySelector(".slider");
  const field = document.getElementById("as-of");
  if (!place || !field) return;
  const points = place.dataset.points.split(" ");
  const range = document.createElement("input");
  range.type = "range";
  range.min = 0;
  range.max = points.length - 1;
  range.setAttribute("aria-label", "The policy's changes");
  let at = 0;
  points.forEach(function (point, number) {
    if (point.slice(0, place.dataset.at.length) <= place.dataset.at) { at = number; }
  });
  range.value = at;
  function name() { return points[range.value]; }
  range.setAttribute("aria-valuetext", name());
  range.addEventListener("input", function () {
    field.value = name();
    range.setAttribute("aria-valuetext", name());
  });
  range.addEventListener("change", function () { field.form.requestSubmit(); });
  place.append(range);
  place.hidden = false;
})();

// The timeline says the rectangle under the pointer, or with the focus, in words.
(function () {
  // Chromium lets the focus rest on a drawing that listens for it, so what is around it listens.
  const drawing = document.querySelector(".clocks")?.parentElement;
  const said = document.getElementById("said");
  if (!drawing || !said) return;
  function say(event) {
    const found = event.target.closest(".clocks a");
    if (found) { said.textContent = found.querySelector("title").textContent; }
  }
  drawing.addEventListener("pointerover", say);
  drawing.addEventListener("focusin", say);
})();

// Words that are not kept yet: the browser asks before a tab with them is closed or left.
(function () {
  const form = document.querySelector("form.write");
  const words = form?.querySelector("textarea");
  if (!words) return;
  const before = words.value;
  let sent = false;
  form.addEventListener("submit", function () { sent = true; });
  window.addEventListener("beforeunload", function (event) {
    if (!sent && (words.value !== before || form.dataset.unkept)) { event.preventDefault(); }
  });
})();

// What is shown once is copied by a button. It is words of the page, so without JavaScript it is marked and copied by hand.
(function () {
  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copy]").forEach(function (place) {
    const words = place.querySelector("code").textContent;
    const made = document.createElement("button");
    const said = document.createElement("span");
    made.type = "button";
    made.textContent = place.dataset.copy;
    said.setAttribute("role", "status");
    made.addEventListener("click", function () {
      navigator.clipboard.writeText(words).then(
        function () { said.textContent = "Copied"; },
        function () { said.textContent = "The browser does not allow it"; }
      );
    });
    place.append(made, said);
  });
})();

// A form whose answer is shown once is sent once: the answer to a second press would take the place of the first.
(function () {
  document.querySelectorAll("form[data-once]").forEach(function (form) {
    let sent = false;
    form.addEventListener("submit", function (event) {
      if (sent) { event.preventDefault(); }
      sent = true;
    });
    window.addEventListener("pageshow", function () { sent = false; });
  });
})();
