// The diagram by mouse: drag a node, draw or remove an arrow, change what is measured. Nothing is fetched.
// The same can be done by keyboard in the tables beneath; here nodes take the focus and answer to Enter.
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.appendChild(element);
  return element;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".editor");
  const bar = root.querySelector(".bar");
  const svg = root.querySelector("svg");
  const words = data.words;
  const nodes = new Map(data.nodes.map((node) => [node.name, { ...node }]));
  let edges = data.edges.map((edge) => [...edge]);
  let common = data.bidirected.map((edge) => [...edge]);
  let mode = root.dataset.mode || "move";
  let first = null;

  function send() {
    setTriggerValue("graph", { nodes: [...nodes.values()], edges, bidirected: common });
  }

  function same(one, a, b) {
    return one[0] === a && one[1] === b;
  }

  function link(a, b) {
    if (a === b) return;
    if (mode === "arrow") {
      const there = edges.some((edge) => same(edge, a, b));
      edges = edges.filter((edge) => !same(edge, a, b) && !same(edge, b, a));
      if (!there) edges.push([a, b]);
    } else {
      const there = common.some((edge) => same(edge, a, b) || same(edge, b, a));
      common = common.filter((edge) => !same(edge, a, b) && !same(edge, b, a));
      if (!there) common.push([a, b]);
    }
    send();
  }

  function remove(name) {
    nodes.delete(name);
    edges = edges.filter((edge) => !edge.includes(name));
    common = common.filter((edge) => !edge.includes(name));
    send();
  }

  function act(name) {
    if (mode === "remove") return remove(name);
    if (mode === "status") {
      const order = ["observed", "latent", "measurable_not_measured"];
      const node = nodes.get(name);
      node.status = order[(order.indexOf(node.status) + 1) % order.length];
      return send();
    }
    if (mode === "move") return undefined;
    if (first === null) {
      first = name;
      return draw();
    }
    const from = first;
    first = null;
    return link(from, name);
  }

  function border(from, to) {
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const scale = Math.max(Math.abs(dx) / (width(to) / 2 + 4), Math.abs(dy) / 20, 1e-6);
    return [to.x - dx / scale, to.y - dy / scale];
  }

  function width(node) {
    return 30 + 7.4 * node.name.length;
  }

  function line(edge, both) {
    const [a, b] = edge.map((name) => nodes.get(name));
    const [x1, y1] = border(b, a);
    const [x2, y2] = border(a, b);
    const path = { d: `M${x1} ${y1}L${x2} ${y2}`, class: both ? "edge both" : "edge", "marker-end": "url(#editor-head)" };
    if (both) path["marker-start"] = "url(#editor-head)";
    make("path", path, svg);
    const wide = make("path", { d: path.d, class: "wide" }, svg);
    wide.addEventListener("click", () => {
      if (mode !== "remove") return;
      if (both) common = common.filter((one) => one !== edge);
      else edges = edges.filter((one) => one !== edge);
      send();
    });
  }

  function drag(group, node) {
    group.addEventListener("pointerdown", (start) => {
      if (mode !== "move") return;
      group.setPointerCapture(start.pointerId);
      const scale = data.width / svg.getBoundingClientRect().width;
      const at = [node.x, node.y];
      group.onpointermove = (event) => {
        node.x = Math.min(Math.max(at[0] + (event.clientX - start.clientX) * scale, 30), data.width - 30);
        node.y = Math.min(Math.max(at[1] + (event.clientY - start.clientY) * scale, 24), data.height - 24);
        group.setAttribute("transform", `translate(${node.x} ${node.y})`);
      };
      group.onpointerup = () => {
        group.onpointermove = null;
        group.onpointerup = null;
        if (at[0] !== node.x || at[1] !== node.y) send();
      };
    });
  }

  function draw() {
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
    const head = make("marker", { id: "editor-head", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7,
      markerHeight: 7, orient: "auto-start-reverse" }, make("defs", {}, svg));
    make("path", { d: "M0 0 10 5 0 10z", fill: "#222" }, head);
    edges.forEach((edge) => line(edge, false));
    common.forEach((edge) => line(edge, true));
    for (const node of nodes.values()) {
      const group = make("g", { class: `node ${node.status} ${node.name === first ? "first" : ""}`, tabindex: 0,
        role: "button", transform: `translate(${node.x} ${node.y})` }, svg);
      const w = width(node);
      make("title", {}, group).textContent = `${node.name}: ${node.role}, ${words[node.status]}`;
      const round = { exposure: 4, outcome: 0, confounder: 17 }[node.kind] ?? 9;
      make("rect", { x: -w / 2, y: -17, width: w, height: 34, rx: round, fill: node.fill }, group);
      make("text", { "text-anchor": "middle", y: 5, fill: node.kind === "outcome" ? "#fff" : "#111" }, group)
        .textContent = node.name;
      group.addEventListener("click", () => act(node.name));
      group.addEventListener("keydown", (event) => {
        if (event.key === "Enter") act(node.name);
      });
      drag(group, node);
    }
  }

  bar.replaceChildren();
  for (const name of ["move", "arrow", "common", "status", "remove"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words[name];
    button.setAttribute("aria-pressed", String(name === mode));
    button.addEventListener("click", () => {
      mode = name;
      root.dataset.mode = name;
      first = null;
      for (const other of bar.children) other.setAttribute("aria-pressed", String(other === button));
      draw();
    });
    bar.appendChild(button);
  }
  draw();
}
