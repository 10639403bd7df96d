/** The one script of all pages. Everything works without it. */
export const SCRIPT = `// Shows a password on demand. The button is hidden where there is no script.
for (const button of document.querySelectorAll('[data-shows]')) {
  const field = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener('click', () => {
    const isShown = field.type === 'text';
    field.type = isShown ? 'password' : 'text';
    button.textContent = isShown ? 'Show' : 'Hide';
    button.setAttribute('aria-pressed', String(!isShown));
    field.focus();
  });
}
// "/" goes to the search field, "g u" to the users; not while somebody types.
let before = '';
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
  const search = document.querySelector('input[type=search]');
  if (event.key === '/' && search) {
    event.preventDefault();
    search.focus();
  } else if (before === 'g' && event.key === 'u' && document.querySelector('nav a[href="/admin/users"]')) location.assign('/admin/users');
  before = event.key;
});
`;
