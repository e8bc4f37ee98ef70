// identity/scopes.h — what a credential may be used for.
// Rules    nlu stands for its nine tasks; no other scope stands for another, platform:admin neither
// Threads  value types
// Errors   scope_unknown, task_unknown → invalid_argument, origin caller; name all that there are
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/strong.h"

namespace gatehouse::identity {

enum class Scope : std::uint8_t {
  llm,
  embeddings,
  rerank,
  predict,
  nlu,
  ner,
  re,
  event,
  absa,
  sentiment,
  classification,
  match,
  nli,
  qa,
  usage_read,
  audit_read,
  keys_write,
  models_write,
  tenant_admin,
  platform_admin,
};

// As it stands in tokens, key files and on the command line: "usage:read".
std::string_view to_string(Scope scope);
// Exactly one of those names.
std::optional<Scope> parse_scope(std::string_view name);
// Every scope, in the order of their values.
std::span<const Scope> all_scopes();

class Scopes;
// Of the keys and tokens that a new tenant is given, and of its members.
Scopes usual_scopes();
// All nine tasks of NLU, by name.
const std::vector<std::string>& all_tasks();

// The tenant of those who run the installation.
inline constexpr std::string_view reserved_tenant = "system";
// Whether credentials of a tenant may have these: scope_unknown; scope_not_allowed for platform:admin of any but the reserved tenant.
Status check_grantable(std::span<const std::string> names, const TenantId& tenant);
// task_unknown
Status check_tasks(std::span<const std::string> tasks);

class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr Scopes(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) bits_ |= bit(scope);
  }
  static Scopes all_but(Scope left_out);
  // scope_unknown
  static Result<Scopes> parse(std::span<const std::string> names);
  // Those of the names that are scopes: records and tokens may know more than this version does.
  static Scopes known(std::span<const std::string> names);

  constexpr void add(Scope scope) { bits_ |= bit(scope); }
  constexpr bool has(Scope scope) const {
    return (bits_ & bit(scope)) != 0 || (scope > Scope::nlu && scope <= Scope::qa && (bits_ & bit(Scope::nlu)) != 0);
  }
  // Of NLU, at least one.
  bool has_a_task() const;
  // Without those tasks of NLU that are not among these.
  Scopes limited_to_tasks(Scopes tasks) const;
  // Those that the others have too.
  Scopes limited_to(Scopes others) const;
  // Whether the others have all of these.
  bool within(Scopes others) const;
  // The same without that one.
  Scopes without(Scope left_out) const;
  constexpr bool empty() const { return bits_ == 0; }
  // What was given, without what it stands for.
  std::vector<std::string> names() const;
  friend constexpr bool operator==(const Scopes&, const Scopes&) = default;

 private:
  static constexpr std::uint32_t bit(Scope scope) { return std::uint32_t{1} << static_cast<unsigned>(scope); }
  std::uint32_t bits_ = 0;
};

// What people of a tenant that gives these scopes may do at the most: with models no more than that, and whatever administers it.
Scopes scopes_of_people(Scopes given, const TenantId& tenant);

}  // namespace gatehouse::identity
