// gateway/content_rules.h — of whom it is kept what they ask of models, and in which form.
// Threads  constants and pure functions
#pragma once
#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/strong.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::gateway {

struct ContentRules {
  bool all = false;
  std::set<std::string, std::less<>> tenants;
  bool keep(const TenantId& tenant) const { return all || tenants.contains(tenant.value()); }
};

// {"prompt"} or {"messages":[{"role","content"}]}, masked (audit_content.h) and cut where it is very long. asked: how many messages the
// caller sent, the last ones; what the installation puts before them is not asked.
std::string content_of(const wire::engine::Prepare& prompt, std::size_t asked);
// {"text","schema"}, the same of a text and what was asked about it; asked: JSON.
std::string content_of(std::string_view text, std::string_view asked);
// {"input":[…]}, or {"query":[…],"documents":[…]}: the same of texts.
struct KeptTexts {
  std::string_view name;
  std::vector<std::string_view> texts;
};
std::string content_of(std::span<const KeptTexts> parts);

}  // namespace gatehouse::gateway
