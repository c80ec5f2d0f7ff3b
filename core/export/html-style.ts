/** Style of the HTML report: the tokens of the app, in both themes. */
export const VIEWER_STYLE = `
:root{color-scheme:light dark;--bg:#fff;--panel:#f6f7f9;--line:#dde1e6;--text:#1c2026;--muted:#5b6470;--sel:#dbe8fb;--hover:#eef2f7;--server:#0b5cad;--client:#9a4a00;--error:#b3261e;--warn:#8a5a00;--mark:#b58900}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--panel:#1b1f25;--line:#2c323a;--text:#e4e8ee;--muted:#98a2ae;--sel:#1f3553;--hover:#20262e;--server:#79b4f5;--client:#f0a860;--error:#ff8a80;--warn:#e3b341;--mark:#e3b341}}
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:var(--bg);color:var(--text);font:13px/1.45 system-ui,sans-serif}
header{padding:8px 12px;border-bottom:1px solid var(--line);background:var(--panel)}
h1{font-size:15px;margin:0;font-weight:600}
.line{display:flex;gap:12px;align-items:baseline;flex-wrap:wrap}
.muted{color:var(--muted)}
#notes{margin:4px 0 0;white-space:pre-wrap;max-height:7em;overflow:auto}
#filter{flex:1;min-width:240px;margin-top:6px;padding:5px 8px;font:12px ui-monospace,monospace;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:4px}
main{flex:1;min-height:0;display:flex}
#table{flex:3;min-width:0;display:flex;flex-direction:column;outline:none}
#scroll{flex:1;overflow:auto;position:relative}
#height{position:relative}
#rows-view{position:absolute;left:0;right:0;top:0}
#heads,.row{display:flex;height:22px;line-height:22px;white-space:nowrap;padding:0 8px}
#heads{color:var(--muted);border-bottom:1px solid var(--line);background:var(--panel);font-size:12px;flex:none}
.row{font:12px/22px ui-monospace,"JetBrains Mono",monospace;cursor:default}
.row:hover{background:var(--hover)}
.row.on{background:var(--sel)}
.row span,#heads span{overflow:hidden;text-overflow:ellipsis;flex:none;padding-right:8px}
.n{width:64px;text-align:right}.at{width:96px;text-align:right}.c{width:52px;text-align:right}.d{width:20px;text-align:center}.p{width:80px}.m{width:160px}.z{width:64px;text-align:right}
.row .s,#heads .s{flex:1;min-width:60px}
.row .n,.row .at,.row .c,.row .z,.row .p{color:var(--muted)}
.up{color:var(--server)}.down{color:var(--client)}
.e3 .m,.e3 .s{color:var(--error)}.e2 .m,.e2 .s{color:var(--warn)}
.tag{color:var(--mark)}
/* Sixteen bytes a line fit, with their text. */
#details-view{flex:0 0 auto;width:min(572px,46%);min-width:280px;border-left:1px solid var(--line);overflow:auto;padding:10px 12px;background:var(--panel)}
#details-view h2{font-size:13px;margin:0 0 6px}
#details-view h3{font-size:12px;margin:12px 0 4px;color:var(--muted);font-weight:600}
pre,.tree{font:12px/1.5 ui-monospace,"JetBrains Mono",monospace;margin:0;overflow-x:auto;white-space:pre}
.tree details{padding-left:14px}.tree summary{margin-left:-14px;cursor:pointer}.tree div{padding-left:14px}
.key{color:var(--muted)}
.remark{border-left:3px solid var(--line);padding-left:8px;margin:2px 0}
.remark.error{border-color:var(--error)}.remark.warning{border-color:var(--warn)}
:focus-visible{outline:2px solid var(--server);outline-offset:-2px}
@media (max-width:900px){main{flex-direction:column}#details-view{width:auto;border-left:0;border-top:1px solid var(--line);min-height:40%}.p{width:64px}.m{width:140px}}
`;
