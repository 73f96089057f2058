// Draws the charts in the page's own colours, sorts and filters tables, switches light and dark.
// Without this script every number is still on the page: each chart has its data table.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  // Okabe-Ito on a dark ground: the same hues, light enough to be told from it.
  const ON_DARK = {
    "#000000": "#e7edf3", "#0072b2": "#4aa8e6", "#d55e00": "#f5854a", "#009e73": "#35c49b",
    "#cc79a7": "#e29ac3", "#56b4e9": "#b3e0fa", "#999999": "#8d99a5", "#d9d9d9": "#4a5662",
    "#bbbbbb": "#5f6c78", "#333333": "#d5dde5", "#666666": "#a0acb8",
  };

  const PAPER = 660;  // [px]

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const value = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function recoloured(node) {
    if (typeof node === "string") return ON_DARK[node.toLowerCase()] || node;
    if (Array.isArray(node)) return node.map(recoloured);
    if (node && typeof node === "object") {
      return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, recoloured(item)]));
    }
    return node;
  }

  function template() {
    const axis = {
      gridcolor: value("--grid"), linecolor: value("--line"), zerolinecolor: value("--line"), tickcolor: value("--line"),
      automargin: true, title: { standoff: 10, font: { size: 12.5, color: value("--soft") } },
      tickfont: { size: 12, color: value("--soft") }, autotypenumbers: "strict",
    };
    return { layout: {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: value("--sans"), size: 12.5, color: value("--ink") },
      colorway: ["#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#999999"],
      margin: { l: 48, r: 16, t: 12, b: 40 }, bargap: 0.28, xaxis: axis, yaxis: axis, hovermode: "closest",
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", xanchor: "left", font: { size: 12 }, traceorder: "normal" },
      hoverlabel: { bgcolor: value("--card"), bordercolor: value("--line"), font: { color: value("--ink") } },
      colorscale: { sequential: "Cividis", diverging: "Cividis" },
    }, data: { heatmap: [{ colorbar: { outlinewidth: 0, thickness: 12, tickfont: { color: value("--soft") } } }] } };
  }

  function draw(box, light) {
    const drawing = JSON.parse(box.nextElementSibling.textContent);
    const shown = isDark() && !light ? recoloured(drawing) : drawing;
    const layout = Object.assign({}, shown.layout, { template: template(), autosize: !light });
    delete layout.width;
    // Paper is laid out after this runs: A4 less its margins is 688 px wide, of which a card's frame takes 28.
    // A chart that needs more width than it gets is shrunk on paper and scrolls on a screen.
    const least = (layout.meta && layout.meta.min_width) || 0;
    if (light) layout.width = Math.max(PAPER, least);
    box.style.minWidth = light ? "" : `${least}px`;
    box.style.zoom = light && least > PAPER ? String(PAPER / least) : "";
    // Beside a taller neighbour a chart grows to fill its card, rather than leave a hole in it.
    layout.height = Number(box.dataset.height);
    if (box.clientHeight > layout.height && !light) layout.height = Math.min(box.clientHeight, layout.height * 1.6);
    return window.Plotly.react(box, shown.data, layout, { displayModeBar: false, responsive: !light });
  }

  function drawAll(light) {
    const boxes = document.querySelectorAll(".pl-chart");
    for (const box of boxes) {
      if (window.Plotly && !box.dataset.height) {
        const height = JSON.parse(box.nextElementSibling.textContent).layout.height || 340;
        box.dataset.height = String(height);
        box.style.minHeight = `${height}px`;
      }
    }
    for (const box of boxes) {
      if (window.Plotly) {
        draw(box, light);
      } else {
        box.innerHTML = '<p class="pl-missing">The chart is not drawn: assets/plotly.min.js is not beside this page. Its data follows.</p>';
        const data = box.closest("figure").querySelector("details.pl-data");
        if (data) data.open = true;
      }
    }
    root.dataset.charts = window.Plotly ? String(boxes.length) : "0";
  }

  const sortKey = (cell) => (cell.classList.contains("pl-null") ? null : (cell.dataset.sort ?? cell.textContent));

  function compare(a, b, numeric) {
    if (a === null || b === null) return (a === null) - (b === null);  // the unknown goes last, both ways
    return numeric ? Number(a.replaceAll(",", "")) - Number(b.replaceAll(",", "")) : a.localeCompare(b, "en", { numeric: true });
  }

  function sortBy(table, index) {
    const heading = table.tHead.rows[0].cells[index];
    const down = heading.getAttribute("aria-sort") === "ascending";
    const numeric = heading.classList.contains("pl-number");
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: sortKey(row.cells[index]) }));
    rows.sort((a, b) => (a.key === null || b.key === null ? compare(a.key, b.key) : (down ? -1 : 1) * compare(a.key, b.key, numeric)));
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map((item) => item.row));
  }

  function makeSortable(table) {
    [...table.tHead.rows[0].cells].forEach((cell, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "pl-sort";
      button.append(...cell.childNodes);
      cell.append(button);
      button.addEventListener("click", () => sortBy(table, index));
    });
  }

  function makeFilter(table) {
    if (table.tBodies[0].rows.length < 12) return;
    const field = document.createElement("input");
    field.type = "search";
    field.className = "pl-filter";
    field.placeholder = "Filter rows";
    field.setAttribute("aria-label", "Filter rows");
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.closest(".pl-scroll").before(field);
  }

  function themeButton() {
    const button = document.querySelector(".pl-theme");
    const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("patchlib-theme", root.dataset.theme); } catch { /* not kept where storage is off */ }
      label();
      drawAll();
    });
    dark.addEventListener("change", () => { label(); drawAll(); });
  }

  try { const kept = localStorage.getItem("patchlib-theme"); if (kept) root.dataset.theme = kept; } catch { /* as above */ }
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("table.pl-grid").forEach((table) => { makeSortable(table); makeFilter(table); });
    themeButton();
    drawAll();
    window.addEventListener("beforeprint", () => { drawAll(true); });
    window.addEventListener("afterprint", () => drawAll());
  });
})();
