"use strict";
/* All DOM writes of the page: elements and text, never markup. */
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawn(name, attributes, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, String(value));
  }
  node.append(...children);
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

function printsEverything() {
  return document.documentElement.dataset.print === "everything";
}

function counted(count, singular, plural) {
  return count.toLocaleString("en") + " " + (count === 1 ? singular : plural);
}

/* At most one call per frame, however often it is requested: typing stays smooth. */
function settled(work) {
  let waiting = 0;
  return () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(work);
  };
}
