// Keeps the parts of a page marked with data-live up to date, without touching what a person is typing.
(function () {
  "use strict";
  var parts = document.querySelectorAll("[data-live]");
  var thread = document.querySelector("[data-bottom]");
  if (thread) thread.scrollTop = thread.scrollHeight;
  if (!parts.length) return;
  setInterval(function () {
    if (document.hidden) return;
    fetch(location.href, { headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(); })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html");
        parts.forEach(function (part) {
          var other = fresh.getElementById(part.id);
          if (!other || other.innerHTML === part.innerHTML) return;
          var atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 40;
          part.innerHTML = other.innerHTML;
          if (part.hasAttribute("data-bottom") && atEnd) part.scrollTop = part.scrollHeight;
        });
      })
      .catch(function () {});
  }, 2000);
})();
