// Colours for a canvas, which does not know `light-dark()`: the browser is asked for the one it means.
export function resolved(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
