/** The styles of a page: for light and dark, for paper, and for forced colours, where borders stay. */
export const pageStyle = `
:root { color-scheme: light dark; --text: #1b1f24; --ground: #ffffff; --soft: #59636e; --line: #8c959f;
  --ok: #1a7f37; --due: #9a6700; --bad: #cf222e; --unknown: #59636e; --now: #0550ae; --end: #8250df; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --ground: #0d1117; --soft: #9198a1; --line: #656c76;
    --ok: #3fb950; --due: #d29922; --bad: #f85149; --unknown: #9198a1; --now: #58a6ff; --end: #bc8cff; }
}
body { font: 1rem/1.4 system-ui, sans-serif; color: var(--text); background: var(--ground); margin: 1.5rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 56rem; table-layout: fixed; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.5rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.6rem; overflow-wrap: anywhere;
  border-bottom: 1px solid var(--line); font-weight: normal; }
thead th, .group { font-weight: bold; }
.group { padding-top: 1.2rem; }
thead th:nth-child(1) { width: 6.5rem; }
thead th:nth-child(3) { width: 36%; }
thead th:nth-child(4) { width: 9rem; }
small { color: var(--soft); }
td.ok { color: var(--ok); } td.due { color: var(--due); } td.bad { color: var(--bad); } td.unknown { color: var(--unknown); }
td.due, td.bad { font-weight: bold; }
td p { margin: 0 0 0.3rem; }
code { display: block; font: 0.85rem/1.4 ui-monospace, monospace; }
.axis { display: flex; justify-content: space-between; font-size: 0.8rem; font-weight: normal; }
.track { display: block; position: relative; height: 1.2rem; border-left: 1px solid var(--line); overflow: hidden; }
.bar { position: absolute; top: 0.2rem; height: 0.8rem; min-width: 2px; box-sizing: border-box;
  border: 2px solid var(--bar); background: var(--bar); }
.bar.ok { --bar: var(--ok); }
.bar.due { --bar: var(--due);
  background: repeating-linear-gradient(45deg, var(--bar) 0 4px, transparent 4px 8px); }
.bar.bad { --bar: var(--bad); background: none; }
.bar.unknown { --bar: var(--unknown); border-style: dashed; background: none; }
.now, .end { position: absolute; top: 0; bottom: 0; width: 0; }
.now { border-left: 2px dashed var(--now); }
.end { border-left: 4px double var(--end); margin-left: -4px; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.3rem 1.5rem; }
.sample { position: static; display: inline-block; height: 1em; margin: 0 0.5rem 0 0; vertical-align: text-bottom; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media print { .bar { print-color-adjust: exact; } }
`;
