"use strict";
const filter = document.getElementById("filter");
function show() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const section of document.querySelectorAll(".namespace")) {
    const name = section.querySelector("h2").textContent.toLowerCase();
    let any = false;
    for (const workload of section.querySelectorAll(".workload")) {
      const text = name + " " + workload.textContent.toLowerCase();
      workload.hidden = !words.every(w => text.includes(w));
      if (!workload.hidden) { any = true; shown++; }
    }
    section.hidden = !any;
  }
  document.getElementById("shown").textContent = words.length ? shown + " workloads" : "";
}
if (filter) filter.addEventListener("input", show);
for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
for (const th of document.querySelectorAll("th")) {
  th.tabIndex = 0;
  const sort = () => {
    const body = th.closest("table").tBodies[0], i = th.cellIndex, up = th.ariaSort !== "ascending";
    for (const other of th.parentNode.cells) other.ariaSort = null;
    th.ariaSort = up ? "ascending" : "descending";
    const rows = [...body.rows].sort((a, b) => a.cells[i].textContent.localeCompare(b.cells[i].textContent));
    body.append(...(up ? rows : rows.reverse()));
  };
  th.addEventListener("click", sort);
  th.addEventListener("keydown", e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(); } });
}
for (const time of document.querySelectorAll("time")) {
  const minutes = Math.round((Date.now() - Date.parse(time.dateTime)) / 60000), exact = time.textContent;
  time.title = exact;
  time.textContent = minutes < 1 ? "just now" : minutes < 60 ? minutes + " min ago" : minutes < 2880 ? Math.round(minutes / 60) + " h ago" : Math.round(minutes / 1440) + " days ago";
}
