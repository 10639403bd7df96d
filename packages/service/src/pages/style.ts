/** The one style sheet of all pages: light and dark, narrow and wide, focus always visible. */
export const STYLE = `:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1a1d23; --faint: #5c6370; --line: #d9dde3; --field: #ffffff; --edge: #868e9b;
  --accent: #2451c7; --accent-ink: #ffffff; --danger: #b3261e; --danger-soft: #fdecea; --good: #176b3a; --good-soft: #e3f4ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111418; --card: #1a1e24; --ink: #e8eaee; --faint: #a2a9b6; --line: #313742; --field: #12161b; --edge: #717a89;
    --accent: #8fb0ff; --accent-ink: #0d1a3a; --danger: #ff9b92; --danger-soft: #3a1d1b; --good: #7fd8a2; --good-soft: #16301f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
.narrow main { max-width: 25rem; padding-top: 12vh; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; letter-spacing: -.01em; }
h2 { font-size: 1.125rem; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0 0 .75rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99rem; top: .5rem; background: var(--card); padding: .6rem 1rem; z-index: 2; }
.skip:focus { left: .5rem; }
.faint { color: var(--faint); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; }
.stack { max-width: 32rem; }
.stack > * { margin-bottom: 1rem; }
.stack > :last-child { margin-bottom: 0; }
.field label { display: block; font-weight: 600; margin-bottom: .3rem; }
input:not([type=checkbox], [type=hidden]) { width: 100%; min-height: 44px; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--field); border: 1px solid var(--edge); border-radius: 8px; }
input[aria-invalid=true] { border-color: var(--danger); }
.with-button { display: flex; gap: .5rem; }
.choice { display: flex; align-items: center; gap: .6rem; min-height: 44px; }
.choice input { width: 1.25rem; height: 1.25rem; }
.mistake { color: var(--danger); margin: .4rem 0 0; }
.mistake::before { content: "\\2716\\00a0"; }
.note { color: var(--faint); }
.done { background: var(--good-soft); color: var(--good); padding: .75rem 1rem; border-radius: 8px; }
.done::before { content: "\\2714\\00a0"; }
.wrong { background: var(--danger-soft); color: var(--danger); padding: .75rem 1rem; border-radius: 8px; margin-bottom: .75rem; }
.wrong::before { content: "\\2716\\00a0"; }
button, .button { display: inline-flex; align-items: center; justify-content: center; min-height: 44px; padding: .4rem 1rem; font: inherit; font-weight: 600; text-decoration: none; color: var(--ink); background: var(--card); border: 1px solid var(--edge); border-radius: 8px; cursor: pointer; }
[hidden] { display: none; }
button:hover, .button:hover { border-color: var(--ink); }
button.main { width: 100%; background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
button.danger { color: var(--danger); border-color: var(--danger); }
button.danger:hover { background: var(--danger-soft); }
button.quiet { border-color: transparent; background: none; color: var(--accent); }
button.quiet:hover { border-color: var(--line); }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem; }
.bar { background: var(--card); border-bottom: 1px solid var(--line); }
.bar > div { max-width: 62rem; margin: 0 auto; padding: .25rem 1rem; display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; }
.brand { font-weight: 700; color: var(--ink); text-decoration: none; min-height: 44px; display: inline-flex; align-items: center; }
nav { display: flex; gap: .25rem; flex: 1; }
nav a { min-height: 44px; display: inline-flex; align-items: center; padding: 0 .75rem; color: var(--faint); text-decoration: none; border-bottom: 3px solid transparent; border-top: 3px solid transparent; white-space: nowrap; }
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
.bar form { display: flex; align-items: center; gap: .25rem; }
.who { color: var(--faint); max-width: 12rem; overflow: hidden; text-overflow: ellipsis; }
.tag { display: inline-block; font-size: .8125rem; font-weight: 600; padding: .05rem .55rem; border-radius: 99px; border: 1px solid currentColor; color: var(--faint); vertical-align: .1em; }
.tag.good { color: var(--good); } .tag.bad { color: var(--danger); }
.devices { list-style: none; margin: 0 0 1rem; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.devices li { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .9rem 1.25rem; border-top: 1px solid var(--line); }
.devices li:first-child { border-top: 0; }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-bottom: 1rem; }
.head h1 { margin: 0; }
.head form { margin-left: auto; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; overflow-wrap: anywhere; }
.planes { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem; }
.planes section { display: flex; flex-direction: column; gap: .6rem; padding: 1.1rem 1.25rem; }
.planes p { flex: 1; margin: 0; color: var(--faint); }
.planes button { width: 100%; }
.search { display: flex; gap: .5rem; margin-bottom: 1rem; max-width: 32rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem; }
.figures dt { color: var(--faint); } .figures dd { margin: 0; font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.after { margin-top: .75rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.scroll { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--faint); font-size: .875rem; }
th, td { padding: .6rem 1.25rem; border-top: 1px solid var(--line); vertical-align: middle; }
thead th { border-top: 0; }
td.act { text-align: right; }
td a.row { display: inline-flex; align-items: center; min-height: 44px; font-weight: 600; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem; overflow-x: auto; font-size: .875rem; }
.confirm { max-width: 38rem; margin: 4vh auto 0; }
.history { list-style: none; margin: 0; padding: 0; }
.history li { padding: .35rem 0; }
.empty { color: var(--faint); padding: 1.1rem 1.25rem; margin: 0; }
details { margin-top: 1.25rem; }
summary { cursor: pointer; display: inline-flex; align-items: center; min-height: 44px; padding: .4rem 1rem; font-weight: 600; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; }
summary::before { content: "+\\00a0"; }
details[open] summary { margin-bottom: 1rem; } details[open] summary::before { content: "\\2212\\00a0"; }
@media (max-width: 640px) {
  .narrow main { padding-top: 2rem; }
  thead { position: absolute; left: -99rem; }
  table, tbody, tr, td { display: block; }
  tr { border-top: 1px solid var(--line); padding: .5rem 0; }
  tbody tr:first-child { border-top: 0; }
  td { border: 0; padding: .25rem 1.25rem; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--faint); }
  td.act { text-align: left; }
  .head form { margin-left: 0; }
  nav { order: 3; flex-basis: 100%; margin: 0 -.75rem; }
  .bar form { margin-left: auto; }
}
@media (forced-colors: active) { .tag, button, .button { border: 1px solid; } }
`;
