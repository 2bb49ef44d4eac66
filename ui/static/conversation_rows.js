// Lists of conversations as data: which row stands where, and which lines of a list are to be drawn.
(() => {
  const DAY = 86_400_000;
  // So many lines are simply drawn; of more only those near what is seen.
  const DRAWN = 200;
  const NEAR = 12;

  const newer = (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1);

  function startOfDay(at) {
    return new Date(at).setHours(0, 0, 0, 0);
  }

  // The name of the group by date; the days are those of the reader.
  function group(at, now = Date.now()) {
    const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY);
    if (days <= 0) return "today";
    if (days === 1) return "yesterday";
    return days < 8 ? "week" : "older";
  }

  // Where a row stands when it is not looked for.
  function sectionOf(row) {
    if (row.archived) return "archived";
    return row.pinned ? "pinned" : (row.folder ?? "main");
  }

  function remove(sections, ids) {
    for (const section of Object.values(sections)) section.rows = section.rows.filter((row) => !ids.has(row.id));
  }

  // A row has changed, or is back: to its place in the list that it now belongs to, if that place has been read.
  function place(sections, row) {
    for (const [key, section] of Object.entries(sections)) {
      if (!key.startsWith("q:")) continue;
      const index = section.rows.findIndex((one) => one.id === row.id);
      if (index >= 0) section.rows[index] = { ...row, snippet: section.rows[index].snippet };
    }
    const others = Object.entries(sections).filter(([key]) => !key.startsWith("q:"));
    remove(Object.fromEntries(others), new Set([row.id]));
    const section = sections[sectionOf(row)];
    if (!section?.read) return;
    const index = section.rows.findIndex((one) => newer(row, one) > 0);
    if (index >= 0) section.rows.splice(index, 0, row);
    else if (!section.next) section.rows.push(row);
  }

  // The first part, read anew; what was read behind it stays.
  function refreshed(section, rows, next) {
    rows.forEach(Object.freeze);
    const last = rows.at(-1);
    const rest = next && last && section ? section.rows.filter((row) => newer(last, row) > 0) : [];
    return { rows: [...rows, ...rest], next: rest.length ? section.next : next, read: true, loading: false };
  }

  // Which lines to draw, and how much room the others take, in the unit of `height`.
  function windowed(lines, height, top, view) {
    if (lines.length <= DRAWN) return { from: 0, to: lines.length, before: 0, after: 0 };
    let [y, from, to, before, total] = [0, -1, lines.length, 0, 0];
    for (const [index, line] of lines.entries()) {
      const bottom = y + height[line.kind];
      if (from < 0 && bottom > top) from = index;
      if (y < top + view) to = index + 1;
      y = bottom;
    }
    from = Math.max(0, (from < 0 ? lines.length : from) - NEAR);
    to = Math.min(lines.length, to + NEAR);
    for (const [index, line] of lines.entries()) {
      if (index < from) before += height[line.kind];
      if (index < to) total += height[line.kind];
    }
    return { from, to, before, after: y - total };
  }

  // Lines that follow one another, as the heading and the list that they are drawn as.
  function blocks(lines) {
    const found = [];
    for (const line of lines) {
      if (line.kind !== "row") found.push({ ...line, rows: [] });
      else if (found.at(-1)?.key === `rows ${line.of}` || found.at(-1)?.holds === line.of) found.at(-1).rows.push(line.row);
      else found.push({ kind: "rows", key: `rows ${line.of}`, rows: [line.row] });
    }
    return found;
  }

  // A section in lines, as far as it has been read.
  function sectionLines(key, section, empty) {
    const lines = (section?.rows ?? []).map((row) => ({ kind: "row", of: key, row }));
    if (section?.failed) lines.push({ kind: "failed", key: `failed ${key}`, of: key });
    else if (!section?.read || section.next) lines.push({ kind: "more", key: `more ${key}`, of: key });
    else if (!lines.length) lines.push({ kind: "note", key: `note ${key}`, words: empty });
    return lines;
  }

  // Rows newest first, under the names of their days.
  function dated(lines, labels) {
    const found = [];
    let date = "";
    for (const line of lines) {
      const of = line.kind === "row" ? group(line.row.at) : date;
      if (of !== date) found.push({ kind: "head", key: of, holds: of, words: labels[of] });
      date = of;
      found.push(line.kind === "row" ? { ...line, of } : line);
    }
    return found;
  }

  // One line for each thing that stands below the other, whether or not it is drawn.
  function lines({ sections, shown, folders, open, labels }) {
    if (shown === "archived") return dated(sectionLines(shown, sections[shown], labels.archived_none), labels);
    if (shown !== "main") return sectionLines(shown, sections[shown], labels.search_none);
    const found = [];
    const pinned = sections.pinned?.rows ?? [];
    if (pinned.length) {
      found.push({ kind: "head", key: "pinned", holds: "pinned", words: labels.pinned });
      found.push(...pinned.map((row) => ({ kind: "row", of: "pinned", row })));
    }
    for (const folder of folders) {
      found.push({ kind: "folder", key: folder.id, holds: folder.id, folder, open: open.has(folder.id) });
      if (open.has(folder.id)) found.push(...sectionLines(folder.id, sections[folder.id], labels.folder_empty));
    }
    const empty = pinned.length || folders.length ? labels.list_rest : labels.list_empty;
    return [...found, ...dated(sectionLines("main", sections.main, empty), labels)];
  }

  // A text in parts, of which every second one is what was looked for.
  function marked(text, q) {
    if (!q || !text) return [text];
    const [low, wanted, parts] = [text.toLowerCase(), q.toLowerCase(), []];
    if (low.length !== text.length) return [text];
    let from = 0;
    for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
      parts.push(text.slice(from, at), text.slice(at, at + wanted.length));
      from = at + wanted.length;
    }
    return [...parts, text.slice(from)];
  }

  window.conversationRows = { remove, place, refreshed, lines, windowed, blocks, marked };
})();
