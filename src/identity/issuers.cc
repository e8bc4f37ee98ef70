#include "gatehouse/identity/issuers.h"

#include <algorithm>

namespace gatehouse::identity {

IssuerPtr Issuers::find(std::string_view name) const {
  const auto found = std::ranges::find(outside, name, [](const IssuerPtr& issuer) { return std::string_view(issuer->name); });
  return found == outside.end() ? nullptr : *found;
}

}  // namespace gatehouse::identity
