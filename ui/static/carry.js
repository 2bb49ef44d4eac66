// Takes the open conversation out of the page: as a file, or onto paper. The path that is shown is the one that goes.
window.carry = {
  // The id of the last message that is shown; "" without one.
  leaf: () => [...document.querySelectorAll(".log > [data-message]")].pop()?.dataset.message ?? "",
  address(path) {
    const leaf = window.carry.leaf();
    return leaf ? `${path}${path.includes("?") ? "&" : "?"}leaf=${leaf}` : path;
  },
  save(format) {
    const id = location.pathname.split("/").pop();
    const link = document.createElement("a");
    link.href = window.carry.address(`/api/conversations/${id}/export?format=${format}`);
    link.download = "";
    link.click();
  },
  print: () => window.open(window.carry.address(`${location.pathname}/print`), "_blank", "noopener"),
};
