#include "gatehouse/identity/principal.h"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

struct Case {
  const char* what;
  Proof proof;
  const char* subject;
  bool username, issuer, legacy;
  bool a_users, our_users;
};

TEST(Principal, KnowsWhetherAUserStandsBehindIt) {
  constexpr Case cases[]{
      {"a user's token", Proof::token, "u-1", true, false, false, true, true},
      {"a user's token that does not say the name", Proof::token, "u-1", false, false, false, true, true},
      {"a tenant's token", Proof::token, "demo", false, false, false, false, false},
      {"the token of a user with the id of the tenant", Proof::token, "demo", true, false, false, true, true},
      {"a user's key", Proof::api_key, "u-1", false, false, false, true, true},
      {"a tenant's key", Proof::api_key, "", false, false, false, false, false},
      {"what a user's key has signed", Proof::signature, "u-1", false, false, false, true, true},
      {"an outside issuer's user", Proof::token, "ada", false, true, false, true, false},
      {"an outside issuer's user who is called like the tenant", Proof::token, "demo", false, true, false, true, false},
      {"an outside issuer's token of nobody", Proof::token, "", false, true, false, false, false},
      {"a legacy token of the tenant", Proof::token, "demo", false, true, true, false, false},
      {"a legacy token of a user", Proof::token, "ada", false, true, true, true, false},
      {"the control socket", Proof::control_socket, "", false, false, false, false, false},
  };
  for (const Case& one : cases) {
    Principal who(one.proof, TenantId("demo"), 1);
    who.subject = one.subject;
    if (one.username) who.username = "ada";
    if (one.issuer) who.token.issuer = "partner";
    who.token.may_be_tenants = !one.issuer || one.legacy;
    if (one.proof == Proof::api_key || one.proof == Proof::signature) who.key = KeyId("k-1");
    EXPECT_EQ(who.is_a_users(), one.a_users) << one.what;
    EXPECT_EQ(who.is_our_users(), one.our_users) << one.what;
  }
}

}  // namespace
}  // namespace gatehouse::identity
