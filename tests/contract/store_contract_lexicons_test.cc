// Names that tenants' texts hold: one text a tenant, or none.
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

class LexiconContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, LexiconContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(LexiconContract, ComesBackAsItWasPutAndIsReplaced) {
  const store::Tenant tenant = make_tenant("tenant-001");
  EXPECT_EQ(get(store().lexicons().find(reactor_, tenant.id)), std::nullopt);
  const std::string text = "谷爱凌\t人物\n# nobody\n";
  const store::KeptLexicon put = get(store().lexicons().put(reactor_, tenant.id, text, at(1'700'000'000)));
  EXPECT_EQ(put.tenant_number, tenant.number);
  EXPECT_EQ(get(store().lexicons().find(reactor_, tenant.id)), put);
  EXPECT_EQ(put.text, text);
  ASSERT_EQ(outcome(ask(store().lexicons().put(reactor_, tenant.id, "x\ty\n", at(1'700'000'001)))), "ok");
  EXPECT_EQ(get(store().lexicons().find(reactor_, tenant.id))->text, "x\ty\n");
}

TEST_P(LexiconContract, IsItsTenantsAlone) {
  const store::Tenant one = make_tenant("one"), other = make_tenant("other");
  ASSERT_EQ(outcome(ask(store().lexicons().put(reactor_, one.id, "a\tb\n", at(1)))), "ok");
  EXPECT_EQ(get(store().lexicons().find(reactor_, other.id)), std::nullopt);
  EXPECT_EQ(outcome(ask(store().lexicons().put(reactor_, TenantId("nobody"), "a\tb\n", at(1)))), "tenant_not_found");
  EXPECT_EQ(outcome(ask(store().lexicons().find(reactor_, TenantId("nobody")))), "tenant_not_found");
  EXPECT_EQ(get(store().lexicons().all(reactor_)).size(), 1U);
  EXPECT_EQ(get(store().lexicons().remove(reactor_, one.id)), one.number);
  EXPECT_EQ(get(store().lexicons().find(reactor_, one.id)), std::nullopt);
}

TEST_P(LexiconContract, GoesWithItsTenant) {
  const store::Tenant tenant = make_tenant("tenant-001");
  ASSERT_EQ(outcome(ask(store().lexicons().put(reactor_, tenant.id, "a\tb\n", at(1)))), "ok");
  ASSERT_EQ(outcome(ask(store().tenants().remove(reactor_, tenant.id, at(2), std::nullopt))), "ok");
  EXPECT_TRUE(get(store().lexicons().all(reactor_)).empty());
}

}  // namespace
}  // namespace gatehouse::testing
