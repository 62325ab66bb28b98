"""How the page looks: system fonts, one accent, light and dark, paper and phones; nothing is loaded."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#ffffff;--ink:#1d2126;--soft:#575e68;--line:#dedbd3;
--faint:#f1efe9;
--accent:#9c3210;--tint:#fbeee8;--known:#7d8894;--hatch:#1d2126}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1b1f23;--ink:#e9e7e2;--soft:#a7adb5;
--line:#343a41;
--faint:#22272c;--accent:#f3a27c;--tint:#2c211c;--known:#7f8a96;--hatch:#e9e7e2}}
*{box-sizing:border-box}
html{font:100%/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
background:var(--paper);
color:var(--ink);-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:56rem;padding:0 1.25rem 4rem;overflow-wrap:anywhere}
h1,h2,h3,h4,p,ul,ol,dl,dd,figure,table{margin:0;padding:0}
h1{font-size:1.9rem;line-height:1.2;font-weight:650;letter-spacing:-.015em;max-width:34ch;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.3;font-weight:650;margin:0 0 1rem}
h3{font-size:1.2rem;line-height:1.35;font-weight:650}
h4{font-size:.95rem;font-weight:650;margin:0 0 .4rem}
section{margin-top:3.25rem}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:.2em}
a:hover{color:var(--accent)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--accent);
outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:-100vw;top:0;background:var(--card);padding:.6rem 1rem;z-index:1}
.skip:focus{left:1rem}
.exercise{padding:.55rem 0;box-shadow:0 0 0 100vmax var(--ink);clip-path:inset(0 -100vmax);
background:var(--ink);color:var(--paper);font-weight:650;text-align:center}
.brand{padding:1.5rem 0 2.25rem;color:var(--soft);font-size:.9rem}
.brand strong{color:var(--ink);font-weight:650;letter-spacing:.02em}
.alarm h1{color:var(--accent)}
.lead{margin-top:.9rem;font-size:1.1rem;max-width:62ch}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));margin-top:2rem;
border-top:1px solid var(--line);
border-bottom:1px solid var(--line)}
.facts>div{padding:.9rem 1rem .9rem 0}
.facts dt{color:var(--soft);font-size:.875rem;line-height:1.35}
.facts dd{font-size:1.65rem;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.facts>div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
.do{margin-top:2.25rem;padding:1.25rem 1.5rem;background:var(--tint);border-left:4px solid var(--accent);
border-radius:3px}
.do h2{margin-bottom:.6rem}
.do li{margin:.3rem 0 0 1.2rem;padding-left:.2rem}
.do p{margin-top:.7rem}
.index{list-style:none;border-top:1px solid var(--line)}
.index li{border-bottom:1px solid var(--line)}
.index a{display:grid;grid-template-columns:2.2rem minmax(0,1fr) auto;gap:.1rem .5rem;padding:.65rem 0;
text-decoration:none}
.index a:hover .subject{text-decoration:underline}
.index .number{color:var(--soft);font-variant-numeric:tabular-nums}
.index .subject{font-weight:600}
.index .likelihood{text-align:right;color:var(--accent)}
.index .from{grid-column:2/-1;color:var(--soft);font-size:.875rem}
.plain{list-style:none}
.plain>li{padding:.55rem 0;border-bottom:1px solid var(--line)}
.plain>li:first-child{border-top:1px solid var(--line)}
table{width:100%;overflow-wrap:break-word;border-collapse:collapse;font-size:.9rem}
caption{text-align:left;color:var(--soft);padding:.5rem 0;font-size:.875rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);
font-weight:400}
th bdi,td bdi{overflow-wrap:anywhere}
thead th{font-weight:600;vertical-align:bottom}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:0;
padding-left:.75rem}
table+table,.scroll+table,.scroll+p+table{margin-top:1.75rem}
.when{white-space:nowrap}
.scroll{overflow-x:auto}
.scroll th:first-child,.scroll td:nth-child(2){min-width:9rem}
figure+p{margin:.75rem 0 1rem}
figure+details{margin-top:1rem;border:0;padding:0}
figure{margin-top:1rem;padding:1rem 1.25rem;background:var(--card);border:1px solid var(--line);
border-radius:4px}
figcaption{color:var(--soft);font-size:.875rem;margin-bottom:.5rem}
figure.time .chart{margin-left:2.25rem;width:calc(100% - 2.25rem)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1.75rem 2.5rem}
.pair h3{font-size:1rem;margin-bottom:.6rem}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;font-size:.875rem;margin-bottom:.75rem}
.key li{display:flex;align-items:center;gap:.45rem}
.key .drawn{color:var(--accent)}
.chart{display:block;overflow:visible;
font:12px/1 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.swatch{flex:none;overflow:visible}
.known{fill:var(--known)}
.stranger{stroke:var(--hatch);stroke-width:1}
.paper{fill:var(--card)}
.ink{fill:var(--hatch)}
.grid{stroke:var(--line)}
.base{stroke:var(--soft)}
.gap{stroke:var(--soft);stroke-dasharray:1 3;stroke-width:2}
.axis{fill:var(--soft);font-variant-numeric:tabular-nums}
.name{fill:var(--ink);font-size:13px}
.value{fill:var(--ink);font-size:13px;font-variant-numeric:tabular-nums}
.mark{fill:var(--accent);font-weight:650}
article{margin-top:1.5rem;padding:1.5rem;background:var(--card);border:1px solid var(--line);
border-top:3px solid var(--accent);
border-radius:4px}
article>*+*{margin-top:1.4rem}
.eyebrow{color:var(--accent);font-weight:650;font-size:.9rem}
.likely{margin-top:.35rem}
.likely strong{font-weight:650}
.pairs{display:grid;grid-template-columns:7.5rem minmax(0,1fr);gap:.3rem 1rem;font-size:.95rem}
.pairs dt{color:var(--soft)}
.beacons{list-style:none}
.beacons>li{padding:.6rem 0 .6rem .9rem;border-left:3px solid var(--line)}
.beacons>li+li{margin-top:.6rem}
code{font:.875em/1.5 ui-monospace,"Cascadia Mono",Menlo,Consolas,"Liberation Mono",monospace}
code{white-space:nowrap}
dd code{white-space:normal}
.url{display:block;white-space:normal;background:var(--faint);padding:.3rem .55rem;border-radius:3px;margin:.25rem 0}
.dots{padding-left:1.15rem}
.dots li+li{margin-top:.2rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1.25rem 2rem;
margin-top:.9rem}
.reasons{list-style:none}
.reasons li{display:grid;grid-template-columns:3.4rem minmax(0,1fr);gap:.5rem;padding:.45rem 0;
border-top:1px solid var(--line)}
.weight{font-variant-numeric:tabular-nums;font-weight:600;white-space:nowrap}
.reasons small,.beacons small{display:block;color:var(--soft);font-size:.8125rem}
details{border-top:1px solid var(--line);padding-top:.8rem}
summary{cursor:pointer;font-weight:600}
summary .soft{font-weight:400}
details>*+*{margin-top:.9rem}
blockquote{margin:0;padding:.2rem 0 .2rem 1rem;border-left:3px solid var(--line);font-style:italic}
.advice{padding:.75rem 1rem;background:var(--tint);border-radius:3px}
footer{margin-top:4rem;padding-top:1.5rem;border-top:1px solid var(--line);font-size:.9rem;
color:var(--soft)}
footer h2{color:var(--ink);font-size:1.05rem}
footer p+p,footer p+table{margin-top:.7rem}
@media (max-width:46rem){
.facts{grid-template-columns:1fr 1fr}
.index a{grid-template-columns:1.9rem minmax(0,1fr)}
.index .likelihood{grid-column:2/-1;text-align:left}
}
@media (max-width:34rem){
h1{font-size:1.5rem}
article{padding:1.1rem 1rem}
.pairs{grid-template-columns:1fr;gap:0}
.pairs dd{margin-bottom:.5rem}
figure{padding:.9rem}
}
@media (prefers-reduced-motion:no-preference){.skip{transition:left .1s}}
@media (forced-colors:active){.known{fill:CanvasText}.mark{fill:CanvasText}.advice,.do{
border:1px solid CanvasText}}
@media print{
:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--faint:#f4f4f4;--accent:#7a2509;
--tint:#fff;--known:#8a8a8a;
--hatch:#000;color-scheme:light}
html{font-size:10pt}
body{max-width:none;padding:0}
.skip{display:none}
.exercise{background:#fff;color:#000;border:2px solid #000;box-shadow:none;clip-path:none}
section{margin-top:1.6rem}
h2,h3,h4,.eyebrow{break-after:avoid}
figure,.do,.reasons li,.beacons>li,.index li{break-inside:avoid}
article{border:0;border-top:2px solid #000;border-radius:0;padding:1rem 0}
.advice,.do{border:1px solid #444}
details.data{display:none}
details::details-content{content-visibility:visible;display:block}
}
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
