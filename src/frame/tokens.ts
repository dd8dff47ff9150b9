/**
 * The variables of the theme with their defaults. Text has a contrast of 7:1 (WCAG 2.2 AAA) in both colour schemes, and the edges of
 * controls have 3:1.
 */
export const TOKENS_CSS = `.ag,
.ag-document {
  color-scheme: var(--ag-scheme, light dark);
  --ag-accent: light-dark(#1f54b8, #9cc0ff);
  --ag-on-accent: light-dark(#fff, #0b1f44);
  --ag-ground: light-dark(#f6f7f9, #101317);
  --ag-sheet: light-dark(#fff, #181c22);
  --ag-ink: light-dark(#191d23, #eceff3);
  --ag-soft: light-dark(#4a525d, #b6bec9);
  --ag-line: light-dark(#e1e5ea, #2c333c);
  --ag-edge: light-dark(#7b8490, #838d9a);
  --ag-danger: light-dark(#b3261e, #ffb0a8);
  --ag-on-danger: light-dark(#fff, #4a0a06);
  --ag-danger-tint: light-dark(#fdeceb, #3a1a18);
  --ag-warn: light-dark(#7a4d00, #f3c677);
  --ag-warn-tint: light-dark(#fff4dc, #33270f);
  --ag-ok: light-dark(#17663a, #86dba6);
  --ag-ok-tint: light-dark(#e7f6ec, #12301d);
  --ag-radius: 0.625rem;
  --ag-font: system-ui, -apple-system, "Segoe UI", sans-serif;
  --ag-mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace;
  --ag-width: 74rem;
}

.ag-document {
  background: var(--ag-ground);
  > body {
    margin: 0;
  }
}
`
