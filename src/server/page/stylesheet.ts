/** The stylesheet of the status page: light and dark, for any width, without fonts or images to load. */
export const stylesheet: string = `:root{
  color-scheme:light dark;
  --background:light-dark(#fbfaf8,#131417);--text:light-dark(#1e1d1b,#e9e7e3);--muted:light-dark(#65615a,#a5a199);--border:light-dark(#e3dfd8,#2b2d32);--panel:light-dark(#f2efea,#1c1e22);
  --good:light-dark(#1b7742,#62cf95);--warn:light-dark(#7a5200,#ffc94d);--bad:light-dark(#b3261e,#ff8f85);--quiet:light-dark(#65615a,#a5a199);--link:light-dark(#1d5fa8,#8cbcf5);
  /* Fills and what is drawn on them. Amber is readable only as a fill. */
  --good-fill:light-dark(#1b7742,#62cf95);--warn-fill:light-dark(#ffbf2e,#ffc94d);--bad-fill:light-dark(#b3261e,#ff8f85);--quiet-fill:light-dark(#65615a,#a5a199);
  --on-fill:light-dark(#fff,#131417);--on-warn:#2e2100;
  --removed:light-dark(#fbe6e3,#3b1d1b);--added:light-dark(#e0f2e6,#143023);
  --mono:ui-monospace,"SF Mono","Cascadia Code",Menlo,Consolas,"DejaVu Sans Mono",monospace;
}
*{box-sizing:border-box;margin:0}
[hidden]{display:none!important}
html{background:var(--background);color:var(--text);font:1rem/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%;scroll-padding-top:5rem}
body{position:relative;max-width:70rem;margin:auto;padding:0 clamp(1rem,5vw,3.5rem);overflow-wrap:anywhere}
ul{list-style:none;padding:0}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:3px;border-radius:3px}
code,kbd,del,ins,.changes td{font-family:var(--mono);font-size:.8125rem}
code,b,h3,del,ins{unicode-bidi:isolate}
small{font-size:.8125rem;color:var(--muted)}
h2{font-size:1.0625rem;font-weight:650;letter-spacing:-.005em}
section{margin-top:1.75rem}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.good{--tone:var(--good);--fill:var(--good-fill);--on:var(--on-fill)}.warn{--tone:var(--warn);--fill:var(--warn-fill);--on:var(--on-warn)}
.bad{--tone:var(--bad);--fill:var(--bad-fill);--on:var(--on-fill)}.quiet{--tone:var(--quiet);--fill:var(--quiet-fill);--on:var(--on-fill)}
time{white-space:nowrap}

header{display:flex;align-items:center;gap:1.25rem;height:3.5rem;font-size:.875rem}
button,select{padding:.3rem .75rem;border:1px solid light-dark(#8d887f,#74716b);border-radius:.5rem;background:var(--background);color:inherit;font:inherit;font-size:.875rem;cursor:pointer}
button:hover{background:var(--panel)}
#actions{position:absolute;top:.75rem;right:clamp(1rem,5vw,3.5rem);display:flex;gap:.5rem;margin:0}
#program{font-weight:650;letter-spacing:-.01em}#program small{font-weight:400;margin-left:.25em}
#live{color:var(--muted)}
#live::before,.busy::before{content:"";display:inline-block;width:.5em;height:.5em;margin-right:.45em;border-radius:50%;background:var(--good);vertical-align:.08em}
#connection-lost{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:0 .5em;margin:0 -.75rem;padding:.6rem .75rem;border-radius:.5rem;background:var(--bad);color:var(--background);font-size:.9375rem}
#connection-lost p:first-child{font-weight:650}

#headline{margin-top:.75rem}
.state{display:flex;align-items:center;gap:clamp(.6rem,1.5vw,1rem)}
h1{font-size:clamp(1.5rem,4.5vw,2.5rem);line-height:1.1;font-weight:680;letter-spacing:-.03em;text-wrap:balance}
.state-icon{flex:none;width:clamp(1.875rem,4vw,2.5rem);height:auto}
.state-icon circle{fill:var(--fill)}
.state-icon path{fill:none;stroke:var(--on);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.reason{max-width:46rem;margin-top:.6rem;font-size:clamp(1rem,2vw,1.1875rem);line-height:1.4;text-wrap:pretty}
.failure-details{margin-top:.35rem;font-size:.8125rem;color:var(--muted)}
.times{display:flex;flex-wrap:wrap;gap:.1rem 1.75rem;margin-top:.6rem;font-size:.9375rem}
.times>div{display:flex;gap:.4em}
dt{color:var(--muted);white-space:nowrap}dd small{display:block}
#connection-lost:not([hidden])~main #filter-bar{position:static}
#connection-lost:not([hidden])~main #headline{--fill:var(--quiet-fill);--on:var(--on-fill);color:var(--muted)}

#counts{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem;margin-top:1rem;font-size:.875rem}
#counts button{display:flex;align-items:baseline;gap:.4em;padding:.15rem .75rem;border-radius:2rem}
#counts button::before{content:"";width:.6em;height:.6em;border-radius:50%;background:var(--fill)}
#counts b{font-variant-numeric:tabular-nums}
#counts [aria-pressed=true]{background:var(--text);border-color:var(--text);color:var(--background)}
#counts span{color:var(--muted);padding:0 .5rem}

#daemon-details dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(11rem,100%),1fr));gap:1rem 1.5rem;margin-top:.75rem;font-size:.9375rem}
#daemon-details dt{font-size:.8125rem}

#filter-bar{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1rem;margin-top:.25rem;padding:.5rem 0;background:var(--background)}
#filter-bar search{position:relative;display:flex;flex:0 1 26rem;align-items:center;gap:.75rem}
#filter-bar label{font-size:.875rem;color:var(--muted)}
#filter-bar input{flex:1;min-width:0;padding:.3rem .8rem;border:1px solid light-dark(#8d887f,#74716b);border-radius:.5rem;background:transparent;color:inherit;font:inherit;font-size:1rem}
#filter-bar input::placeholder{color:var(--muted);opacity:1}
#filter-bar kbd{position:absolute;right:.6rem;padding:0 .45em;border:1px solid var(--border);border-radius:.3em;color:var(--muted);background:var(--background)}
#filter-bar input:not(:placeholder-shown)+kbd,#filter-bar input:focus+kbd{display:none}
#filter-count{font-size:.875rem;color:var(--muted)}
#filter-bar~.list:not(.list~.list),#filter-bar~#outdated-notice{margin-top:.75rem}

#outdated-notice{padding:.6rem 1rem;border-left:4px solid var(--warn-fill);background:var(--panel);border-radius:0 .5rem .5rem 0}

.list:not(:has(>ul>li:not([hidden]))){display:none}
.list>ul{margin-top:.5rem}
/* Blocks and not list items: hiding one list item makes Chromium renumber them all, half a second for a thousand. */
.item{display:block}
.lazy-layout .item{content-visibility:auto;contain-intrinsic-size:auto 8rem}
.list .item{padding:.75rem 0 .9rem;border-top:1px solid var(--border)}
.item:target{box-shadow:-.75rem 0 var(--background),-.9375rem 0 var(--tone)}
.list h3{display:inline;font-size:1.0625rem;font-weight:600}
.list h3 i{display:inline-block;min-width:1.25em;font:600 1em var(--mono);color:var(--muted)}
.status{display:inline;margin-left:.75em;font-size:.875rem;color:var(--muted)}
.status b{margin-right:.5em;padding:.1em .6em;border-radius:1em;background:var(--fill);color:var(--on);font-size:.8125rem;font-weight:600}
.place{color:var(--muted)}.place code{margin-right:.75em}.place a{color:inherit}
.changes{width:100%;max-width:58rem;margin-top:.4rem;table-layout:fixed}
.changes th,.changes td{padding:.1rem 1rem .1rem 0;border:0;vertical-align:top;white-space:normal}
.changes th{font-size:.75rem}.changes th:first-child{width:38%}
.changes td:first-child{color:var(--muted);overflow-wrap:break-word}
del,ins{padding:.1em .35em;border-radius:.25em;text-decoration:none;-webkit-box-decoration-break:clone;box-decoration-break:clone}
del{background:var(--removed);color:var(--bad)}ins{background:var(--added);color:var(--good)}
.changes li{padding-left:.35em}.changes li:has(>*){padding:0}
.note{margin-top:.5rem;max-width:52rem;font-size:.9375rem}
#file-problems .note{margin-top:.1rem}
.hint{margin-top:.5rem;font-size:.9375rem;color:var(--muted)}
summary{width:fit-content;cursor:pointer}
summary h2{display:inline}
.names{margin-top:.75rem}
.names li{padding:.4rem 0;border-top:1px solid var(--border)}
.names.lazy-layout .item{contain-intrinsic-size:auto 2.4rem}
.names b{font-weight:600;margin-right:.5em}.names code{margin-right:.5em;color:var(--muted)}.names a{color:var(--muted)}

#recent-passes,#footer{position:relative;z-index:2;background:var(--background)}
figure{margin-top:.75rem}
.strip{display:flex;justify-content:flex-end;width:fit-content;max-width:100%;overflow:hidden;border-bottom:1px solid var(--border)}
.strip svg{flex:none;display:block}
g{fill:var(--good-fill)}g.pending,g.partial{fill:var(--warn-fill);stroke:var(--warn);stroke-width:.5}g.failed,g.denied{fill:var(--bad-fill)}g.interrupted{fill:var(--quiet-fill)}
.strip g:hover{opacity:.65}
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

dialog{width:min(26rem,calc(100% - 2rem));margin:auto;padding:1.25rem 1.5rem;border:1px solid var(--border);border-radius:.75rem;background:var(--background);color:var(--text)}
dialog::backdrop{background:rgb(0 0 0/.45)}
dialog p{margin-top:.75rem}
dialog label,#token-hint{display:block;font-size:.875rem;color:var(--muted)}
#token-hint{margin-top:.25rem}#pause-fields select+label{margin-top:.75rem}
dialog input,dialog select{width:100%;padding:.4rem .7rem;border:1px solid light-dark(#8d887f,#74716b);border-radius:.5rem;background:transparent;color:inherit;font:inherit}
dialog option{background:var(--background)}
dialog .secret{-webkit-text-security:disc}
#token-error{color:var(--bad);font-weight:600}#token-error:empty{display:none}
.buttons{display:flex;justify-content:flex-end;gap:.5rem}
#token-send{background:var(--text);border-color:var(--text);color:var(--background)}

@media (max-width:40rem){
  .status{display:block;margin:.15rem 0 0}
  .times{gap:.1rem 1.25rem}
  .changes th,.changes td{padding-right:.5rem}
  #daemon-details dl{grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem}
  #filter-bar kbd,#program small{display:none}
  #counts{flex-wrap:nowrap;overflow-x:auto;padding-bottom:.25rem;white-space:nowrap}
  #counts button{padding:.1rem .6rem}
  .changes th:first-child{width:34%}
  header{gap:.75rem}
  #actions button{padding:.3rem .6rem;font-size:.8125rem}
}
/* The buttons need the room. The tab has the name of the program too. */
@media (max-width:28rem){body:has(#actions button) #program{display:none}}
@media (scripting:none){#actions{display:none}#counts button{border-color:transparent;padding-left:0;cursor:auto}}
@media (prefers-reduced-motion:no-preference){
  .busy::before{animation:busy 1.6s ease-in-out infinite}
  @keyframes busy{50%{opacity:.25}}
}
@media (forced-colors:active){.state-icon path{stroke:Canvas}del,ins{border:1px solid}}
`;
