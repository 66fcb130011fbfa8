"use strict";
(async () => {
  const page = document.getElementById("page");
  const make = (name, text, ...children) => {
    const node = document.createElement(name);
    if (text) node.textContent = text;
    node.append(...children);
    return node;
  };
  let api;
  try {
    api = await (await fetch("/openapi.json")).json();
  } catch {
    page.append(make("p", "Không đọc được /openapi.json. Cannot read /openapi.json."));
    return;
  }
  // Text with `code` in back-quotes; never as markup.
  const prose = (text) => {
    const node = make("div");
    for (const block of (text || "").split(/\n\n+/)) {
      const p = make("p");
      block.split("`").forEach((piece, at) => p.append(at % 2 ? make("code", piece) : piece));
      node.append(p);
    }
    return node;
  };
  const nameOf = (ref) => ref.split("/").pop();
  const shape = (schema) => {
    if (!schema) return make("span");
    if (schema.$ref) {
      const link = make("a", nameOf(schema.$ref));
      link.href = "#schema-" + nameOf(schema.$ref);
      return link;
    }
    const either = schema.oneOf || schema.anyOf || schema.allOf;
    if (either) {
      const node = make("span");
      either.forEach((one, at) => node.append(at ? (schema.allOf ? " + " : " | ") : "", shape(one)));
      return node;
    }
    const type = [].concat(schema.type || "any").join(" | ");
    if (schema.items) return make("span", "", "[", shape(schema.items), "]");
    const words = [type, schema.format && `(${schema.format})`, schema.enum && schema.enum.map((v) => JSON.stringify(v)).join(" | ")];
    if (schema.minimum !== undefined) words.push(`≥ ${schema.minimum}`);
    if (schema.maximum !== undefined) words.push(`≤ ${schema.maximum}`);
    return make("code", words.filter(Boolean).join(" "));
  };
  const table = (heads, rows) => {
    const head = make("tr", "", ...heads.map((h) => make("th", h)));
    return make("table", "", head, ...rows.map((cells) => make("tr", "", ...cells.map((c) => make("td", "", c)))));
  };
  const note = (text) => Object.assign(make("span", text), { className: "note" });
  const fields = (schema) => {
    const required = schema.required || [];
    const rows = Object.entries(schema.properties || {}).map(([name, of]) => {
      const named = make("span", "", make("code", name), required.includes(name) ? "" : note(" tùy chọn / optional"));
      return [named, shape(of), prose(of.description)];
    });
    return rows.length ? table(["Trường / Field", "Kiểu / Type", "Nghĩa / Meaning"], rows) : shape(schema);
  };
  const contents = (content) => {
    const node = make("div");
    for (const [media, of] of Object.entries(content || {})) node.append(make("div", "", make("code", media), " ", shape(of.schema)));
    return node;
  };
  const operation = (path, method, of) => {
    const title = make("summary", "", make("span", method), make("code", path), make("span", of.summary));
    title.firstChild.className = `method ${method}`;
    title.lastChild.className = "summary";
    const node = make("details", "", title, prose(of.description));
    const open = (of.security || []).every((one) => Object.keys(one).length === 0);
    node.append(make("p", open ? "Không cần khóa truy cập. No credential needed." : "Cần khóa truy cập. Needs a credential."));
    if (of.parameters && of.parameters.length) {
      node.append(make("h4", "Tham số / Parameters"));
      node.append(table(["Tên / Name", "Ở / In", "Kiểu / Type", "Nghĩa / Meaning"], of.parameters.map((p) =>
        [make("code", p.name + (p.required ? " *" : "")), p.in, shape(p.schema), prose(p.description)])));
    }
    if (of.requestBody) node.append(make("h4", "Nội dung gửi / Body"), prose(of.requestBody.description), contents(of.requestBody.content));
    node.append(make("h4", "Trả lời / Answers"));
    node.append(table(["Mã / Status", "Nghĩa / Meaning", "Nội dung / Body"], Object.entries(of.responses).map(([status, r]) =>
      [make("code", status), prose(r.description), contents(r.content)])));
    return node;
  };

  page.append(make("h1", `${api.info.title} ${api.info.version}`), prose(api.info.description));
  const find = make("input");
  find.type = "search";
  find.placeholder = "Tìm / Find";
  find.setAttribute("aria-label", "Tìm / Find");
  const top = Object.assign(make("div", "", find), { className: "find" });
  page.append(top);
  const groups = new Map((api.tags || []).map((tag) => [tag.name, [tag.description, []]]));
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, of] of Object.entries(methods)) {
      if (!of.responses) continue;
      const tag = (of.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, ["", []]);
      groups.get(tag)[1].push(operation(path, method, of));
    }
  }
  for (const [name, [description, operations]] of groups) {
    if (operations.length) page.append(make("section", "", make("h2", name), prose(description), ...operations));
  }
  const schemas = Object.entries((api.components || {}).schemas || {});
  const section = make("section", "", make("h2", "Kiểu dữ liệu / Schemas"));
  for (const [name, schema] of schemas) {
    const node = make("details", "", make("summary", name), prose(schema.description), fields(schema));
    node.id = "schema-" + name;
    section.append(node);
  }
  page.append(section);
  find.addEventListener("input", () => {
    const wanted = find.value.toLowerCase();
    for (const node of page.querySelectorAll("details")) node.hidden = !node.textContent.toLowerCase().includes(wanted);
    for (const node of page.querySelectorAll("section")) node.hidden = !node.querySelector("details:not([hidden])");
  });
  const show = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target) { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", show);
  show();
})();
