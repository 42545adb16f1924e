// Only the rows that are in sight, between two spacers: ten thousand stations cost as much as forty. While one scrolls, rows
// are not made anew: those that went out of sight say something else.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";

const SPARE = 5;

let fresh = 0;

/** A key for each row. Where most stay, as while one scrolls a little, they keep theirs and those that come take what was
    freed: only these are drawn. After a leap the row of a place says something else, which is less than to move it. Where
    the focus is inside, a row stays itself and is not used again: nobody shall check another station than they meant. */
function useKeys(ids, body) {
  const before = useRef([]);
  const was = new Map(before.current.map(({ id, key }) => [id, key]));
  const still = new Set(ids);
  const isHeld = body.current?.contains(document.activeElement);
  const free = isHeld ? [] : before.current.filter(({ id }) => !still.has(id)).map(({ key }) => key);
  if (isHeld || 2 * free.length <= ids.length)
    before.current = ids.map((id) => ({ id, key: was.get(id) ?? free.pop() ?? ++fresh }));
  else before.current = ids.map((id, n) => ({ id, key: before.current[n]?.key ?? ++fresh }));
  return before.current;
}

/** `row(id, key)` draws one. */
export function WindowedBody({ ids, row, estimate = 46 }) {
  const body = useRef();
  const [height, setHeight] = useState(estimate);
  const [range, setRange] = useState([0, 30]);
  const look = () => {
    const one = body.current.querySelector("tr[data-row]");
    if (one && Math.abs(one.offsetHeight - height) > 1) setHeight(one.offsetHeight);
    const top = body.current.getBoundingClientRect().top;
    const begin = Math.max(0, Math.floor(-top / height) - SPARE);
    const end = Math.min(ids.length, Math.ceil((innerHeight - top) / height) + SPARE);
    setRange((was) => (was[0] === begin && was[1] === end ? was : [begin, Math.max(begin, end)]));
  };
  useLayoutEffect(look, [ids.length, height]); // where only the order is another one, nothing moves: no need to measure
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
  }, [ids.length, height]);
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
