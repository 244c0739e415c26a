/** The stylesheet of the status page: light and dark, for any width, without fonts or images to load. */
export const stylesheet: string = `:root{
  color-scheme:light dark;
  --background:light-dark(#fbfaf8,#131417);--text:light-dark(#1e1d1b,#e9e7e3);--muted:light-dark(#65615a,#a5a199);--border:light-dark(#e3dfd8,#2b2d32);--panel:light-dark(#f2efea,#1c1e22);
  --good:light-dark(#1b7742,#62cf95);--warn:light-dark(#8d5600,#eab54f);--bad:light-dark(#b3261e,#ff8f85);--quiet:light-dark(#65615a,#a5a199);--link:light-dark(#1d5fa8,#8cbcf5);
  --removed:light-dark(#fbe6e3,#3b1d1b);--added:light-dark(#e0f2e6,#143023);
  --mono:ui-monospace,"SF Mono","Cascadia Code",Menlo,Consolas,"DejaVu Sans Mono",monospace;
}
*{box-sizing:border-box;margin:0}
[hidden]{display:none!important}
html{background:var(--background);color:var(--text);font:1rem/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%;scroll-padding-top:5rem}
body{max-width:70rem;margin:auto;padding:0 clamp(1rem,5vw,3.5rem);overflow-wrap:anywhere}
ul{list-style:none;padding:0}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:3px;border-radius:3px}
code,kbd,del,ins,.changes{font-family:var(--mono);font-size:.8125rem}
code,b,h3,del,ins{unicode-bidi:isolate}
small{font-size:.8125rem;color:var(--muted)}
h2{font-size:1.0625rem;font-weight:650;letter-spacing:-.005em}
section{margin-top:2rem}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.good{--tone:var(--good)}.warn{--tone:var(--warn)}.bad{--tone:var(--bad)}.quiet{--tone:var(--quiet)}
time{white-space:nowrap}

header{display:flex;justify-content:space-between;gap:1rem;padding:1.25rem 0;font-size:.875rem}
#program{font-weight:650;letter-spacing:-.01em}#program small{font-weight:400;margin-left:.25em}
#live{color:var(--muted)}
#live::before,.busy::before{content:"";display:inline-block;width:.5em;height:.5em;margin-right:.45em;border-radius:50%;background:var(--good);vertical-align:.08em}
#connection-lost{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:0 .5em;margin:0 -.75rem;padding:.6rem .75rem;border-radius:.5rem;background:var(--bad);color:var(--background);font-size:.9375rem}
#connection-lost p:first-child{font-weight:650}

#headline{margin-top:clamp(.75rem,2.5vw,1.75rem)}
.state{display:flex;align-items:center;gap:clamp(.75rem,2vw,1.25rem)}
h1{font-size:clamp(2.125rem,5.5vw,3.25rem);line-height:1.05;font-weight:680;letter-spacing:-.035em;text-wrap:balance}
.state-icon{flex:none;width:clamp(2.25rem,5vw,2.875rem);height:auto}
.state-icon circle{fill:var(--tone)}
.state-icon path{fill:none;stroke:var(--background);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.reason{max-width:46rem;margin-top:1rem;font-size:clamp(1.0625rem,2.2vw,1.3125rem);line-height:1.45;text-wrap:pretty}
.failure-details{margin-top:.35rem;font-size:.8125rem;color:var(--muted)}
.times,.counts{display:flex;flex-wrap:wrap;gap:.5rem 2.25rem;margin-top:1rem}
.times>div{display:flex;gap:.5em}
dt{color:var(--muted)}dd small{display:block}
.counts{gap:1rem 2.5rem;margin-top:1.25rem}
.counts>div{display:flex;flex-direction:column-reverse}
.counts dd{font-size:1.75rem;line-height:1.2;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.counts dt{font-size:.875rem}

#daemon-details{margin-top:1.75rem;padding:1.1rem 0;border:solid var(--border);border-width:1px 0}
#daemon-details dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(11rem,100%),1fr));gap:1rem 1.5rem;font-size:.9375rem}
#daemon-details dt{font-size:.8125rem}

#filter-bar{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1rem;margin-top:1rem;padding:.75rem 0;background:var(--background)}
#filter-bar search{position:relative;display:flex;flex:0 1 26rem;align-items:center;gap:.75rem}
#filter-bar label{font-size:.875rem;color:var(--muted)}
#filter-bar input{flex:1;min-width:0;padding:.45rem .8rem;border:1px solid light-dark(#8d887f,#74716b);border-radius:.5rem;background:transparent;color:inherit;font:inherit;font-size:1rem}
#filter-bar input::placeholder{color:var(--muted);opacity:1}
#filter-bar kbd{position:absolute;right:.6rem;padding:0 .45em;border:1px solid var(--border);border-radius:.3em;color:var(--muted);background:var(--background)}
#filter-bar input:not(:placeholder-shown)+kbd,#filter-bar input:focus+kbd{display:none}
#filter-count{font-size:.875rem;color:var(--muted)}
#filter-bar+*{margin-top:.75rem}

#outdated-notice{margin-top:2rem;padding:1rem 1.25rem;border-left:3px solid var(--warn);background:var(--panel);border-radius:0 .5rem .5rem 0}
#outdated-notice>p{color:var(--muted)}

.item-count{margin-left:.25em;font-weight:400;color:var(--muted);font-variant-numeric:tabular-nums}
.list:not(:has(>ul>li:not([hidden]))){display:none}
.list>ul{margin-top:.75rem}
/* Blocks and not list items: hiding one list item makes Chromium renumber them all, half a second for a thousand. */
.item{display:block}
.lazy-layout .item{content-visibility:auto;contain-intrinsic-size:auto 8rem}
.list .item{padding:1rem 0 1.1rem;border-top:1px solid var(--border)}
.item:target{box-shadow:-.75rem 0 var(--background),-.9375rem 0 var(--tone)}
.list h3{display:inline;font-size:1.0625rem;font-weight:600}
.list h3 i{display:inline-block;min-width:1.25em;font:600 1em var(--mono);color:var(--tone)}
.status{display:inline;margin-left:.75em;font-size:.875rem;color:var(--muted)}
.status b{margin-right:.4em;font-weight:600;color:var(--tone)}
.place{color:var(--muted)}.place code{margin-right:.75em}
.changes{margin-top:.5rem}
.changes>li{display:grid;grid-template-columns:minmax(0,18.5rem) minmax(0,1fr);gap:0 1rem;padding:.1rem 0}
.changes span,.changes div{min-width:0}.changes span{color:var(--muted)}
del,ins{padding:.1em .35em;border-radius:.25em;text-decoration:none}
del{background:var(--removed);color:var(--bad)}ins{background:var(--added);color:var(--good)}
.changes ul li{padding-left:1.25em}
.changes ul li:has(>*){padding:0}
.changes ul li:has(>del)::before{content:"−";display:inline-block;width:1.25em}
.changes ul li:has(>ins)::before{content:"+";display:inline-block;width:1.25em}
.note{margin-top:.5rem;max-width:52rem;font-size:.9375rem}
#file-problems .note{margin-top:.1rem}
.hint{margin-top:.5rem;font-size:.9375rem;color:var(--muted)}
summary{width:fit-content;cursor:pointer}
summary h2{display:inline}
.names{margin-top:.75rem}
.names li{padding:.4rem 0;border-top:1px solid var(--border)}
.names.lazy-layout .item{contain-intrinsic-size:auto 2.4rem}
.names b{font-weight:600;margin-right:.5em}.names code{color:var(--muted)}

#recent-passes,#footer{position:relative;z-index:2;background:var(--background)}
figure{margin-top:1rem}
.chart{display:flex;justify-content:flex-end;width:fit-content;max-width:100%;overflow:hidden;border-bottom:1px solid var(--border)}
.chart svg{flex:none;display:block}
g{fill:var(--good)}g.pending,g.partial{fill:var(--warn)}g.failed,g.denied{fill:var(--bad)}g.interrupted{fill:var(--quiet)}
.chart g:hover{opacity:.65}
figcaption{margin-top:.6rem;font-size:.875rem;color:var(--muted)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin-top:.5rem;font-size:.875rem}
.legend svg{margin-right:.5em;vertical-align:-.05em}
.legend b{font-weight:600}
#recent-passes details{margin-top:1rem;font-size:.875rem}
.wide{overflow-x:auto;margin-top:.75rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.35rem 1.5rem .35rem 0;border-bottom:1px solid var(--border);text-align:left;white-space:nowrap}
th{font-weight:400;color:var(--muted)}

#footer{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.5rem 2rem;margin:4rem 0 2.5rem;padding-top:1.25rem;border-top:1px solid var(--border);font-size:.875rem;color:var(--muted)}
#footer ul{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem}

@media (max-width:40rem){
  .changes>li{grid-template-columns:minmax(0,1fr);padding:.25rem 0}
  .status{display:block;margin-left:0}
  .times{flex-direction:column;gap:.1rem}.times dt{min-width:7rem}
  .counts{gap:1rem 1.75rem}.counts dd{font-size:1.5rem}
  #daemon-details dl{grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem}
  #filter-bar kbd{display:none}
}
@media (prefers-reduced-motion:no-preference){
  .busy::before{animation:busy 1.6s ease-in-out infinite}
  @keyframes busy{50%{opacity:.25}}
}
@media (forced-colors:active){.state-icon path{stroke:Canvas}del,ins{border:1px solid}}
`;
