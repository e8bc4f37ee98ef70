#include "gatehouse/identity/name_list.h"

#include <algorithm>
#include <utility>

namespace gatehouse::identity {

NameList::NameList(std::vector<std::string> names) : names_(std::move(names)) {
  std::ranges::sort(names_);
  all_ = std::ranges::binary_search(names_, "*");
}

bool NameList::has(std::string_view name) const { return all_ || std::ranges::binary_search(names_, name); }

bool NameList::covers(const NameList& other) const { return all_ || (!other.all_ && std::ranges::includes(names_, other.names_)); }

}  // namespace gatehouse::identity
