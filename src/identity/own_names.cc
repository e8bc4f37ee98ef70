#include "gatehouse/identity/own_names.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/words.h"

namespace gatehouse::identity {
namespace {

constexpr std::string_view setting = "own_issuers";  // one a line

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines{std::string(nameless)};
  while (!text.empty()) lines.emplace_back(take_until(text, '\n'));
  return lines;
}

}  // namespace

Task<Result<std::vector<std::string>>> remember_own_name(Reactor& reactor, store::Store& store, std::string now) {
  std::string name(setting);
  const Result<std::optional<std::string>> kept = co_await store.settings().get(reactor, name);
  if (!kept) co_return kept.error();
  std::string text = kept->value_or("");
  std::vector<std::string> names = lines_of(text);
  if (std::ranges::find(names, now) != names.end()) co_return names;
  text.append(text.empty() ? "" : "\n").append(now);
  const Status put = co_await store.settings().put(reactor, std::move(name), std::move(text));
  if (!put) co_return put.error();
  names.push_back(std::move(now));
  co_return names;
}

}  // namespace gatehouse::identity
