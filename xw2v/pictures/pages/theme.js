// The button that turns a page light or dark.
for (const button of document.querySelectorAll(".theme-button")) {
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const now = getComputedStyle(root).colorScheme;
    const dark =
      now === "dark" || (now !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.style.colorScheme = dark ? "light" : "dark";
    window.dispatchEvent(new Event("themechange"));
  });
}
