// What a user's role gives now bounds keys and tokens that were issued before, also those that are remembered.
#include <gmock/gmock.h>

#include "test_people.h"

namespace gatehouse::identity {
namespace {

class RolesAtTheDoor : public ::testing::Test {
 protected:
  RolesAtTheDoor() { give("tenant-admin"); }

  // To the user from now on.
  void give(const std::string& role, bool active = true) {
    store::User user(store::UserId("ada"), TenantId("demo"));
    user.role = role;
    user.is_active = active;
    user.version = ++version_;
    people_.change([&user](Directory& to) { to.put(user); });
  }
  store::Role analyst(std::uint32_t version, const std::string& tenant = "demo") {
    store::Role role(TenantId(tenant), "analyst");
    role.number = 5;
    role.version = version;
    role.scopes = {"llm"};
    role.models = {"small"};
    role.max_tokens = 64;
    return role;
  }
  void put(const store::Role& role) {
    people_.change([&role](Directory& to) { to.put(role); });
  }
  std::string users_key() {
    return people_.add_key("demo", [](store::ApiKey& key) {
      key.user = store::UserId("ada");
      key.scopes = {"llm", "tenant:admin", "usage:read"};
    });
  }
  std::string users_token() {
    NewToken wanted(TenantId("demo"), "ada", {Scope::llm, Scope::tenant_admin, Scope::usage_read}, seconds(600));
    wanted.username = "ada";
    return people_.token(wanted);
  }
  PrincipalPtr who(const std::string& credential) {
    wire::RequestHead head;
    const std::string value = "Bearer " + credential;
    head.fields.push_back({"Authorization", value});
    const Result<PrincipalPtr> asked = people_.door().identify(head, test_now, CredentialKind::any);
    EXPECT_TRUE(asked.ok());
    return asked.ok() ? *asked : std::make_shared<Principal>(Proof::nothing, TenantId(), 0);
  }

  People people_;
  std::uint32_t version_ = 0;
};

TEST_F(RolesAtTheDoor, ADemotedAdministratorsKeyAndTokenAdministerNoMore) {
  for (const std::string& credential : {users_key(), users_token()}) {
    give("tenant-admin");
    EXPECT_TRUE(who(credential)->scopes.has(Scope::tenant_admin));
    EXPECT_EQ(who(credential)->role, "tenant-admin");
    give("member");
    EXPECT_FALSE(who(credential)->scopes.has(Scope::tenant_admin));
    EXPECT_TRUE(who(credential)->scopes.has(Scope::llm));
    EXPECT_EQ(who(credential)->role, "member");
    give("tenant-admin");
    EXPECT_TRUE(who(credential)->scopes.has(Scope::tenant_admin)) << "it was granted, and the role gives it again";
  }
}

TEST_F(RolesAtTheDoor, OfWhomNothingIsSaidIsAMember) {
  const std::string key = people_.add_key("demo", [](store::ApiKey& record) {
    record.user = store::UserId("somebody");
    record.scopes = {"llm", "tenant:admin"};
  });
  EXPECT_EQ(who(key)->role, "member");
  EXPECT_FALSE(who(key)->scopes.has(Scope::tenant_admin));
  EXPECT_TRUE(who(key)->scopes.has(Scope::llm));
}

TEST_F(RolesAtTheDoor, AChangedRoleHoldsForWhatWasIssuedBefore) {
  put(analyst(1));
  give("analyst");
  for (const std::string& credential : {users_key(), users_token()}) {
    const PrincipalPtr before = who(credential);
    EXPECT_EQ(before->scopes, Scopes{Scope::llm});
    EXPECT_TRUE(before->role_grants.models.has("small"));
    EXPECT_FALSE(before->role_grants.models.has("large"));
    EXPECT_EQ(before->role_grants.ceilings.max_tokens, 64U);
    store::Role wider = analyst(static_cast<std::uint32_t>(2 + people_.directory->version()));
    wider.scopes = {"usage:read"};
    wider.models = {"*"};
    wider.max_tokens.reset();
    put(wider);
    EXPECT_EQ(who(credential)->scopes, Scopes{Scope::usage_read});
    EXPECT_TRUE(who(credential)->role_grants.models.has("large"));
    EXPECT_EQ(who(credential)->role_grants.ceilings.max_tokens, std::nullopt);
    wider = analyst(wider.version + 1);
    put(wider);
  }
}

TEST_F(RolesAtTheDoor, ARoleThatIsGoneGivesNothing) {
  put(analyst(1));
  give("analyst");
  const std::string key = users_key();
  EXPECT_FALSE(who(key)->scopes.empty());
  people_.change([this](Directory& to) { to.remove_role(analyst(1)); });
  EXPECT_TRUE(who(key)->scopes.empty());
  EXPECT_FALSE(who(key)->role_grants.models.has("small"));
  put(analyst(9));
  EXPECT_TRUE(who(key)->scopes.empty()) << "that is news of before";
  store::Role again = analyst(1);
  again.number = 6;
  put(again);
  EXPECT_TRUE(who(key)->scopes.has(Scope::llm)) << "another one of that name";
}

TEST_F(RolesAtTheDoor, AnotherTenantsRoleOfThatNameIsAnother) {
  put(analyst(1, "other"));
  give("analyst");
  EXPECT_TRUE(who(users_key())->scopes.empty());
  people_.change([](Directory& to) { to.remove_tenant(TenantId("other"), 2); });
  EXPECT_EQ(people_.directory->role(TenantId("other"), "analyst"), nullptr) << "it goes with its tenant";
  put(analyst(2, "other"));
  EXPECT_EQ(people_.directory->role(TenantId("other"), "analyst"), nullptr) << "and cannot come without one";
}

TEST_F(RolesAtTheDoor, NothingIsGivenThatTheTenantHasNot) {
  people_.change([](Directory& to) {
    store::Tenant narrow = make_test_tenant("demo", 1);
    narrow.version = 2;
    narrow.scopes = {"ner"};
    to.put(narrow);
  });
  const PrincipalPtr chief = who(users_key());
  EXPECT_FALSE(chief->scopes.has(Scope::llm));
  EXPECT_TRUE(chief->scopes.has(Scope::tenant_admin)) << "who administers it goes on";
}

TEST_F(RolesAtTheDoor, TenantsOwnCredentialsHaveNoRole) {
  const std::string key = people_.add_key("demo", [](store::ApiKey& record) { record.scopes = {"llm", "tenant:admin"}; });
  const std::string token = people_.token(NewToken(TenantId("demo"), "demo", {Scope::llm, Scope::tenant_admin}, seconds(600)));
  for (const std::string& credential : {key, token}) {
    EXPECT_TRUE(who(credential)->role.empty());
    EXPECT_TRUE(who(credential)->scopes.has(Scope::tenant_admin));
    EXPECT_EQ(who(credential)->role_grants, Grants::everything());
  }
}

}  // namespace
}  // namespace gatehouse::identity
