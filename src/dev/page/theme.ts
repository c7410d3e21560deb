/** The theme is that of the system, until one is chosen on the page. */
export function restoreTheme(): void {
  document.documentElement.className = localStorage.getItem('theme') ?? ''
}

export function flipTheme(): void {
  const root = document.documentElement
  const isDark =
    getComputedStyle(root).colorScheme === 'dark' ||
    (!root.className && matchMedia('(prefers-color-scheme: dark)').matches)
  root.className = isDark ? 'light' : 'dark'
  localStorage.setItem('theme', root.className)
}
