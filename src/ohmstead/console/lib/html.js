// The one door to the libraries: Preact renders, signals hold state, htm writes markup without a build step.
import { h, render, Fragment } from "../vendor/preact/preact.module.js";
import htm from "../vendor/htm/htm.module.js";

export { render, Fragment };
export { useEffect, useLayoutEffect, useMemo, useRef, useState, useId } from "../vendor/preact/hooks/hooks.module.js";
export { batch, computed, effect, signal, useComputed, useSignal } from "../vendor/@preact/signals/signals.module.js";
export const html = htm.bind(h);
