// Only the rows that are in sight, between two spacers: ten thousand stations cost as much as forty. While one scrolls, rows
// are not made anew: the ones that stand there say something else, which costs a third. A row that has the focus stays itself.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";

const SPARE = 8;

let fresh = 0;

/** A key for each row: by its place, so that the place's row is used again; where the focus is inside, by the thing. */
function useKeys(ids, body) {
  const before = useRef([]);
  const held = body.current?.contains(document.activeElement) ? new Map(before.current.map(({ id, key }) => [id, key])) : null;
  before.current = ids.map((id, n) => ({ id, key: (held ? held.get(id) : before.current[n]?.key) ?? ++fresh }));
  return before.current;
}

/** `row(id, key)` draws one. */
export function WindowedBody({ ids, row, estimate = 46 }) {
  const body = useRef();
  const [height, setHeight] = useState(estimate);
  const [range, setRange] = useState([0, 30]);
  const look = () => {
    const top = body.current.getBoundingClientRect().top;
    const begin = Math.max(0, Math.floor(-top / height) - SPARE);
    const end = Math.min(ids.length, Math.ceil((innerHeight - top) / height) + SPARE);
    setRange((was) => (was[0] === begin && was[1] === end ? was : [begin, Math.max(begin, end)]));
  };
  useLayoutEffect(() => {
    const one = body.current.querySelector("tr[data-row]");
    if (one && Math.abs(one.offsetHeight - height) > 1) setHeight(one.offsetHeight);
    look();
  }, [ids, height]);
  useEffect(() => {
    let asked = 0;
    const later = () => (asked ||= requestAnimationFrame(() => ((asked = 0), look())));
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(asked);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [ids, height]);
  const [begin, end] = range;
  const rows = useKeys(ids.slice(begin, end), body);
  return html`<tbody role="rowgroup" ref=${body}>
    <${Spacer} key="above" height=${begin * height} />
    ${rows.map(({ id, key }) => row(id, key))}
    <${Spacer} key="below" height=${(ids.length - end) * height} />
  </tbody>`;
}

/** Its height is set by script, which the policy allows; a style in the markup it does not. */
const Spacer = ({ height }) => height > 0 && html`<tr class="spacer" aria-hidden="true"><td style=${{ height: `${height}px` }}></td></tr>`;
