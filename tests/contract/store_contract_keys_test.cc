#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class KeyContract : public StoreContract {
 protected:
  store::KeyStore& keys() { return store().keys(); }
  store::ApiKey make_key(const std::string& id, const std::string& tenant, unsigned number) {
    Result<store::ApiKey> made = ask(keys().create(reactor_, full_key(id, tenant, number)));
    EXPECT_EQ(outcome(made), "ok");
    return *made;
  }
  store::ApiKey find(const std::string& id) { return get(keys().find(reactor_, store::Reach::everything(), KeyId(id))); }
  std::vector<std::string> listed(const store::KeyQuery& query) {
    std::vector<std::string> ids;
    const store::Page<store::ApiKey> page = get(keys().list(reactor_, query));
    for (const store::ApiKey& key : page.data) ids.push_back(key.id.value());
    if (page.has_more) ids.emplace_back("more");
    return ids;
  }
  const store::Reach all_ = store::Reach::everything();
  const store::Reach demo_ = store::Reach::of(TenantId("demo"));
  const store::Reach other_ = store::Reach::of(TenantId("other"));
};
INSTANTIATE_TEST_SUITE_P(Stores, KeyContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(KeyContract, ComesBackAsItWasGiven) {
  make_tenant("demo");
  store::ApiKey wanted = full_key("k-1", "demo", 1);
  const store::ApiKey made = make_key("k-1", "demo", 1);
  wanted.version = 1;
  EXPECT_EQ(made, wanted);
  EXPECT_EQ(find("k-1"), wanted);

  store::ApiKey bare{KeyId("k-2"), TenantId("demo")};
  bare.prefix = "ffffffff";
  ASSERT_EQ(outcome(ask(keys().create(reactor_, bare))), "ok");
  bare.version = 1;
  EXPECT_EQ(find("k-2"), bare) << "what was not said stays unsaid";
}

TEST_P(KeyContract, HasATenantAndAPrefixOfItsOwn) {
  EXPECT_EQ(outcome(ask(keys().create(reactor_, full_key("k-1", "demo", 1)))), "tenant_not_found");
  make_tenant("demo");
  make_key("k-1", "demo", 1);
  EXPECT_EQ(outcome(ask(keys().create(reactor_, full_key("k-1", "demo", 2)))), "key_exists");
  EXPECT_EQ(outcome(ask(keys().create(reactor_, full_key("k-2", "demo", 1)))), "key_exists");
}

TEST_P(KeyContract, AnothersKeyDoesNotExist) {
  make_tenant("demo");
  make_tenant("other");
  store::ApiKey key = make_key("k-1", "demo", 1);
  get(keys().find(reactor_, demo_, key.id));
  EXPECT_EQ(outcome(ask(keys().find(reactor_, other_, key.id))), "key_not_found");
  EXPECT_EQ(outcome(ask(keys().find(reactor_, other_, KeyId("none")))), "key_not_found");
  EXPECT_EQ(outcome(ask(keys().revoke(reactor_, other_, key.id, at(5), std::nullopt))), "key_not_found");
  EXPECT_THAT(listed(store::KeyQuery(other_)), IsEmpty());
  key.tenant = TenantId("other");
  EXPECT_EQ(outcome(ask(keys().change(reactor_, key))), "key_not_found") << "nor can it be taken over";
  EXPECT_EQ(find("k-1").tenant, TenantId("demo"));
  EXPECT_THAT(get(store().revocations().since(reactor_, 0, 10)).data, IsEmpty());
}

TEST_P(KeyContract, IsListedByTenantAndUserPageByPage) {
  make_tenant("demo");
  make_tenant("other");
  for (unsigned i = 1; i <= 5; ++i) make_key("k-" + std::to_string(i), i % 2 == 0 ? "other" : "demo", i);
  store::KeyQuery query(all_);
  EXPECT_THAT(listed(query), ElementsAre("k-1", "k-2", "k-3", "k-4", "k-5"));
  query.limit = 2;
  query.after = KeyId("k-2");
  EXPECT_THAT(listed(query), ElementsAre("k-3", "k-4", "more"));
  query.reach = demo_;
  EXPECT_THAT(listed(query), ElementsAre("k-3", "k-5"));
  query.user = store::UserId("u-1");
  EXPECT_THAT(listed(query), ElementsAre("k-3", "k-5"));
  query.user = store::UserId("u-2");
  EXPECT_THAT(listed(query), IsEmpty());
}

TEST_P(KeyContract, AChangeTouchesWhatMayChange) {
  make_tenant("demo");
  const store::ApiKey made = make_key("k-1", "demo", 1);
  store::ApiKey wanted = made;
  wanted.name = "new";
  wanted.digest.fill(9);
  wanted.previous.reset();
  wanted.sealed_signing_secret.reset();
  wanted.scopes = {};
  wanted.models = {"m"};
  wanted.cidrs = {};
  wanted.is_active = true;
  wanted.expires.reset();
  store::ApiKey asked = wanted;
  asked.prefix = "deadbeef";
  asked.user = store::UserId("u-2");
  asked.usage_count = 99;
  asked.last_used = at(1);
  asked.revoked = at(1);
  asked.created = at(1);
  const Result<store::ApiKey> changed = ask(keys().change(reactor_, asked));
  ASSERT_EQ(outcome(changed), "ok");
  wanted.version = 2;
  EXPECT_EQ(*changed, wanted);
  EXPECT_EQ(find("k-1"), wanted);
  EXPECT_EQ(outcome(ask(keys().change(reactor_, asked))), "version_conflict");
  EXPECT_EQ(find("k-1"), wanted);
  wanted.sealed_signing_secret = std::string(16384, '\0');
  EXPECT_EQ(get(keys().change(reactor_, wanted)).sealed_signing_secret, wanted.sealed_signing_secret);
}

TEST_P(KeyContract, RevokedIsForGoodAndTold) {
  make_tenant("demo");
  make_key("k-1", "demo", 1);
  EXPECT_EQ(outcome(ask(keys().revoke(reactor_, demo_, KeyId("k-1"), at(500), 7))), "version_conflict");
  const Result<store::ApiKey> revoked = ask(keys().revoke(reactor_, demo_, KeyId("k-1"), at(500), 1));
  ASSERT_EQ(outcome(revoked), "ok");
  EXPECT_EQ(revoked->revoked, at(500));
  EXPECT_EQ(revoked->version, 2U);
  const Result<store::ApiKey> again = ask(keys().revoke(reactor_, all_, KeyId("k-1"), at(600), std::nullopt));
  EXPECT_EQ(*again, *revoked) << "stays as it is";
  store::ApiKey changed = *revoked;
  changed.revoked.reset();
  EXPECT_EQ(get(keys().change(reactor_, changed)).revoked, at(500));
  const std::vector<store::Revocation> told = get(store().revocations().since(reactor_, 0, 10)).data;
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, store::RevocationKind::key);
  EXPECT_EQ(told[0].id, "k-1");
  EXPECT_EQ(told[0].not_before, at(500));
  EXPECT_EQ(told[0].expires, std::nullopt);
}

TEST_P(KeyContract, UsesAddUpWithoutAChange) {
  make_tenant("demo");
  const store::ApiKey made = make_key("k-1", "demo", 1);
  const store::KeyUse gone(KeyId("gone"), 1, at(100));
  get(keys().record_uses(reactor_, {store::KeyUse(made.id, 3, at(200)), gone}));
  get(keys().record_uses(reactor_, {store::KeyUse(made.id, 4, at(150))}));
  const store::ApiKey now = find("k-1");
  EXPECT_EQ(now.usage_count, 7);
  EXPECT_EQ(now.last_used, at(200)) << "late news do not turn it back";
  EXPECT_EQ(now.version, made.version);
  EXPECT_EQ(outcome(ask(keys().record_uses(reactor_, {store::KeyUse(made.id, -1, at(300))}))), "record_invalid");
  EXPECT_EQ(find("k-1"), now);
}

TEST_P(KeyContract, WhatCannotBeRightIsRefusedByName) {
  make_tenant("demo");
  const auto refused = [this](auto spoil) {
    store::ApiKey key = full_key("k-1", "demo", 1);
    spoil(key);
    const Result<store::ApiKey> made = ask(keys().create(reactor_, key));
    return made.ok() ? "it was taken" : made.error().param();
  };
  EXPECT_EQ(refused([](store::ApiKey& k) { k.id = KeyId(std::string(65, 'x')); }), "id");
  EXPECT_EQ(refused([](store::ApiKey& k) { k.user = store::UserId(""); }), "user_id");
  EXPECT_EQ(refused([](store::ApiKey& k) { k.prefix = "ABCDEF00"; }), "prefix");
  EXPECT_EQ(refused([](store::ApiKey& k) { k.prefix = "abcdef0"; }), "prefix");
  EXPECT_EQ(refused([](store::ApiKey& k) { k.name = std::string(1, '\0'); }), "name");
  EXPECT_EQ(refused([](store::ApiKey& k) { k.cidrs = {""}; }), "cidrs");
  EXPECT_EQ(refused([](store::ApiKey& k) { k.sealed_signing_secret = ""; }), "sealed_signing_secret");
  EXPECT_EQ(refused([](store::ApiKey& k) { k.sealed_signing_secret = std::string(16385, 's'); }), "sealed_signing_secret");
}

}  // namespace
}  // namespace gatehouse::testing
