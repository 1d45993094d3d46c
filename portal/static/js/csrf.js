// Every request that htmx makes carries the token that the forms carry. Other origins never see it.
export function token() {
  const name = document.querySelector('meta[name="csrf-cookie"]')?.content ?? "csrftoken";
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : document.querySelector('input[name="_csrf_token"]')?.value ?? "";
}

export function start() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["x-csrftoken"] = token();
  });
}
