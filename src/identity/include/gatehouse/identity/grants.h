// identity/grants.h — what a role gives: scopes, models, and how much a request for text may ask for.
// Units    max_tokens: of an answer; n: answers to a prompt
// Threads  value types, pure functions
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "gatehouse/identity/name_list.h"
#include "gatehouse/identity/scopes.h"
#include "gatehouse/store/records.h"

namespace gatehouse::identity {

// Nothing: no ceiling.
struct ParameterCeilings {
  std::optional<std::uint32_t> max_tokens, n;
  std::optional<double> temperature;
  friend bool operator==(const ParameterCeilings&, const ParameterCeilings&) = default;
};

struct Grants {
  Grants() = default;  // nothing
  static Grants everything();
  // Of member, tenant-admin and platform-admin.
  static Grants of_built_in(std::string_view role);
  static Grants of(const store::Role& role);

  Scopes scopes;    // without tasks of NLU that the role has not
  NameList models;  // of those that exist for the tenant
  ParameterCeilings ceilings;
  friend bool operator==(const Grants&, const Grants&) = default;
};

// Whether the one gives nothing that the other does not.
bool within(const Grants& some, const Grants& most);

}  // namespace gatehouse::identity
