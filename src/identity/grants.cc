#include "gatehouse/identity/grants.h"

namespace gatehouse::identity {
namespace {

template <class T>
bool ceiling_within(const std::optional<T>& some, const std::optional<T>& most) {
  return !most || (some && *some <= *most);
}

Scopes scopes_of_built_in(std::string_view role) {
  Scopes scopes = usual_scopes();
  scopes.add(Scope::keys_write);  // their own
  if (role == store::role_member) return scopes;
  for (const Scope more : {Scope::audit_read, Scope::models_write, Scope::tenant_admin}) scopes.add(more);
  if (role == store::role_platform_admin) scopes.add(Scope::platform_admin);
  return scopes;
}

}  // namespace

Grants Grants::everything() {
  Grants all;
  for (const Scope scope : all_scopes()) all.scopes.add(scope);
  all.models = NameList::everything();
  return all;
}

Grants Grants::of_built_in(std::string_view role) {
  Grants grants;
  grants.scopes = scopes_of_built_in(role);
  grants.models = NameList::everything();
  return grants;
}

Grants Grants::of(const store::Role& role) {
  Grants grants;
  grants.scopes = Scopes::known(role.scopes).limited_to_tasks(Scopes::known(role.tasks));
  grants.models = NameList(role.models);
  grants.ceilings.max_tokens = role.max_tokens;
  grants.ceilings.n = role.n;
  grants.ceilings.temperature = role.temperature;
  return grants;
}

bool within(const Grants& some, const Grants& most) {
  return some.scopes.within(most.scopes) && most.models.covers(some.models) &&
         ceiling_within(some.ceilings.max_tokens, most.ceilings.max_tokens) && ceiling_within(some.ceilings.n, most.ceilings.n) &&
         ceiling_within(some.ceilings.temperature, most.ceilings.temperature);
}

}  // namespace gatehouse::identity
