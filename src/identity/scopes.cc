#include "gatehouse/identity/scopes.h"

#include <algorithm>
#include <array>

namespace gatehouse::identity {
namespace {

constexpr std::array<std::string_view, 20> scope_names{
    "llm",        "embeddings", "rerank",     "predict",        "nlu",          "ner",           "re",
    "event",      "absa",       "sentiment",  "classification", "match",        "nli",           "qa",
    "usage:read", "audit:read", "keys:write", "models:write",   "tenant:admin", "platform:admin"};
static_assert(scope_names.size() == static_cast<std::size_t>(Scope::platform_admin) + 1);

constexpr auto scope_values = [] {
  std::array<Scope, scope_names.size()> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Scope>(i);
  return values;
}();

Error scope_unknown(const std::string& name) {
  std::string text = "'" + name.substr(0, 64) + "' is not a scope; the scopes are ";
  for (const std::string_view known : scope_names) {
    if (known != scope_names.front()) text += ", ";
    text += known;
  }
  return caller_error("scope_unknown", std::move(text)).with_param("scopes");
}

}  // namespace

std::string_view to_string(Scope scope) { return scope_names[static_cast<std::size_t>(scope)]; }

std::optional<Scope> parse_scope(std::string_view name) {
  const auto found = std::ranges::find(scope_names, name);
  if (found == scope_names.end()) return std::nullopt;
  return static_cast<Scope>(found - scope_names.begin());
}

std::span<const Scope> all_scopes() { return scope_values; }

Scopes usual_scopes() { return {Scope::llm, Scope::embeddings, Scope::rerank, Scope::predict, Scope::nlu, Scope::usage_read}; }

Scopes scopes_of_people(Scopes given, const TenantId& tenant) {
  for (const Scope scope : scope_values) {
    if (scope > Scope::qa && (scope != Scope::platform_admin || tenant.value() == reserved_tenant)) given.add(scope);
  }
  return given;
}

const std::vector<std::string>& all_tasks() {
  static const std::vector<std::string> tasks = [] {
    Scopes scopes;
    for (const Scope scope : all_scopes()) {
      if (scope > Scope::nlu && scope <= Scope::qa) scopes.add(scope);
    }
    return scopes.names();
  }();
  return tasks;
}

Scopes Scopes::all_but(Scope left_out) {
  Scopes scopes;
  for (const Scope scope : scope_values) {
    if (scope != left_out) scopes.add(scope);
  }
  return scopes;
}

Status check_grantable(std::span<const std::string> names, const TenantId& tenant) {
  GH_TRY(const Scopes scopes, Scopes::parse(names));
  if (!scopes.has(Scope::platform_admin) || tenant.value() == reserved_tenant) return ok();
  return caller_error("scope_not_allowed", "platform:admin is for the tenant 'system' alone").with_param("scopes");
}

Status check_tasks(std::span<const std::string> tasks) {
  for (const std::string& task : tasks) {
    if (std::ranges::find(all_tasks(), task) != all_tasks().end()) continue;
    std::string text = "'" + task.substr(0, 64) + "' is not a task; the tasks are";
    for (const std::string& known : all_tasks()) text.append(&known == &all_tasks().front() ? " " : ", ").append(known);
    return caller_error("task_unknown", std::move(text)).with_param("tasks");
  }
  return ok();
}

Result<Scopes> Scopes::parse(std::span<const std::string> names) {
  Scopes scopes;
  for (const std::string& name : names) {
    const std::optional<Scope> scope = parse_scope(name);
    if (!scope) return scope_unknown(name);
    scopes.add(*scope);
  }
  return scopes;
}

Scopes Scopes::known(std::span<const std::string> names) {
  Scopes scopes;
  for (const std::string& name : names) {
    if (const std::optional<Scope> scope = parse_scope(name)) scopes.add(*scope);
  }
  return scopes;
}

bool Scopes::has_a_task() const {
  return std::ranges::any_of(scope_values, [this](Scope scope) { return scope > Scope::nlu && scope <= Scope::qa && has(scope); });
}

Scopes Scopes::limited_to_tasks(Scopes tasks) const {
  Scopes limited;
  bool all = true;
  for (const Scope scope : scope_values) {
    const bool task = scope > Scope::nlu && scope <= Scope::qa;
    if (task) all = all && tasks.has(scope);
    if (scope != Scope::nlu && has(scope) && (!task || tasks.has(scope))) limited.add(scope);
  }
  if (all && has(Scope::nlu)) limited.add(Scope::nlu);
  return limited;
}

Scopes Scopes::limited_to(Scopes others) const {
  Scopes limited;
  for (const Scope scope : scope_values) {
    if (has(scope) && others.has(scope)) limited.add(scope);
  }
  return limited;
}

bool Scopes::within(Scopes others) const {
  return std::ranges::all_of(scope_values, [&](Scope scope) { return !has(scope) || others.has(scope); });
}

Scopes Scopes::without(Scope left_out) const {
  Scopes rest = *this;
  rest.bits_ &= ~bit(left_out);
  return rest;
}

std::vector<std::string> Scopes::names() const {
  std::vector<std::string> names;
  for (const Scope scope : scope_values) {
    if ((bits_ & bit(scope)) != 0) names.emplace_back(to_string(scope));
  }
  return names;
}

}  // namespace gatehouse::identity
