// The audit trail.
#include "gatehouse/telemetry/audit_verify.h"
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using telemetry::AuditRecord;
using telemetry::AuditRow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const telemetry::AuditSealer> sealer_of(const std::string& instance) {
  const Secret<std::string> key(std::string(32, 'k'));
  return std::make_shared<const telemetry::AuditSealer>(*telemetry::AuditSealer::make(key, instance));
}

telemetry::AuditTime time_at(std::int64_t us) { return telemetry::AuditTime(std::chrono::microseconds(us)); }

// With every field set, none of them as by default.
AuditRecord full_record(const std::string& tenant, std::uint32_t number, const std::string& request) {
  AuditRecord record;
  record.time = time_at(1'700'000'000'123'456);
  record.tenant = TenantId(tenant);
  record.tenant_number = number;
  record.user = "u-1";
  record.key = "k-1";
  record.action = "llm_generate";
  record.route = "POST /api/llm/generate";
  record.resource_type = "model";
  record.resource_id = "\"quoted\" \xe4\xb8\xad\n";
  record.outcome = "refused";
  record.rule = "model.not_allowed";
  record.request_id = request;
  record.address = "192.0.2.1";
  record.model = "scripted";
  record.task = "llm";
  record.finish = "stop";
  record.status = 403;
  record.prompt_tokens = 5;
  record.completion_tokens = 1ULL << 62;
  record.count = 3;
  return record;
}

class AuditContract : public LastingStoreContract {
 protected:
  void append(std::vector<AuditRecord> records) { get(store().audit().append(reactor_, here_, std::move(records))); }
  void append(const std::string& tenant, std::uint32_t number, const std::string& request) {
    append({full_record(tenant, number, request)});
  }
  std::int64_t intend(const AuditRecord& record) { return get(store().audit().intend(reactor_, record)); }
  std::size_t settle() { return get(store().audit().settle_intents(reactor_, here_)); }
  store::Page<AuditRow> list(store::AuditQuery query) { return get(store().audit().list(reactor_, std::move(query))); }
  std::vector<std::string> requests(store::AuditQuery query) {
    std::vector<std::string> found;
    for (const AuditRow& row : list(std::move(query)).data) found.push_back(row.record.request_id);
    return found;
  }
  static store::AuditQuery of_tenant(const std::string& id) {
    store::AuditQuery query;
    query.tenant = TenantId(id);
    return query;
  }
  // Everything, by chain.
  telemetry::AuditVerdict verify() {
    store::AuditQuery all;
    all.limit = 100'000;
    std::vector<AuditRow> rows = list(all).data;
    std::ranges::reverse(rows);
    std::vector<telemetry::AuditHead> heads = get(store().audit().heads(reactor_, here_->instance()));
    return telemetry::verify_audit(rows, heads, {}, *here_);
  }

  const std::shared_ptr<const telemetry::AuditSealer> here_ = sealer_of("here");
};
INSTANTIATE_TEST_SUITE_P(Stores, AuditContract, ::testing::ValuesIn(lasting_stores()), name_of);

TEST_P(AuditContract, RecordsComeBackAsTheyWereTheNewestFirst) {
  append("a", 1, "r1");
  append({full_record("a", 1, "r2"), full_record("b", 2, "r3"), full_record("a", 1, "r4")});
  const std::vector<AuditRow> rows = list({}).data;
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[3].record, full_record("a", 1, "r1"));
  EXPECT_EQ(rows[3].instance, "here");
  EXPECT_THAT(requests({}), ElementsAre("r4", "r3", "r2", "r1"));
  EXPECT_EQ(rows[0].sequence, 3U) << "each tenant's records are numbered by themselves";
  EXPECT_EQ(rows[1].sequence, 1U);
  EXPECT_TRUE(verify().ok());
}

TEST_P(AuditContract, ChainsGoOnAfterTheStoreIsOpenedAgain) {
  append("a", 1, "r1");
  under_test_->reopen();
  append("a", 1, "r2");
  EXPECT_EQ(list({}).data.front().sequence, 2U);
  EXPECT_EQ(verify().records, 2U);
  EXPECT_TRUE(verify().ok());
}

TEST_P(AuditContract, AreFoundByTenantUserKeyAndTime) {
  AuditRecord other = full_record("a", 1, "r2");
  other.user = "u-2";
  other.key = "k-2";
  other.time += std::chrono::microseconds(10);
  append({full_record("a", 1, "r1"), other, full_record("b", 2, "r3"), full_record("", 0, "r4")});
  store::AuditQuery by_user, by_key, later, earlier, by_number;
  by_user.user = "u-2";
  by_key.key = "k-1";
  later.since = other.time;
  earlier.until = other.time;
  by_number.tenant_number = 2;
  EXPECT_THAT(requests(of_tenant("a")), ElementsAre("r2", "r1"));
  EXPECT_THAT(requests(of_tenant("none")), IsEmpty());
  EXPECT_THAT(requests(of_tenant("")), ElementsAre("r4"));
  EXPECT_THAT(requests(by_user), ElementsAre("r2"));
  EXPECT_THAT(requests(by_key), ElementsAre("r4", "r3", "r1"));
  EXPECT_THAT(requests(later), ElementsAre("r2"));
  EXPECT_THAT(requests(earlier), ElementsAre("r4", "r3", "r1"));
  EXPECT_THAT(requests(by_number), ElementsAre("r3"));
}

TEST_P(AuditContract, ComeInPages) {
  for (int i = 1; i <= 5; ++i) append(i % 2 == 0 ? "b" : "a", i % 2 == 0 ? 2 : 1, "r" + std::to_string(i));
  store::AuditQuery page;
  page.limit = 2;
  page.offset = 1;
  EXPECT_THAT(requests(page), ElementsAre("r4", "r3"));
  EXPECT_TRUE(list(page).has_more);
  page.offset = 3;
  EXPECT_FALSE(list(page).has_more);
  page.offset = 9;
  EXPECT_THAT(requests(page), IsEmpty());
  page.tenant = TenantId("a");
  page.offset = 1;
  EXPECT_THAT(requests(page), ElementsAre("r3", "r1"));
  EXPECT_FALSE(list(page).has_more);
}

TEST_P(AuditContract, GoOnBehindOneThatIsKnown) {
  for (int i = 1; i <= 5; ++i) append(i % 2 == 0 ? "b" : "a", i % 2 == 0 ? 2 : 1, "r" + std::to_string(i));
  const std::vector<AuditRow> all = list({}).data;
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i].number, all[i - 1].number);
  store::AuditQuery rest;
  rest.after = all[1].number;
  EXPECT_THAT(requests(rest), ElementsAre("r3", "r2", "r1"));
  rest.tenant = TenantId("a");
  EXPECT_THAT(requests(rest), ElementsAre("r3", "r1"));
  rest.after = all.back().number;
  EXPECT_THAT(requests(rest), IsEmpty());
}

// A tenant that was served by two instances, and one that has the id of one that is gone.
TEST_P(AuditContract, AnIdMayHaveSeveralChains) {
  append("a", 1, "r1");
  get(store().audit().append(reactor_, sealer_of("there"), {full_record("a", 1, "r2")}));
  append("a", 9, "r3");
  append("a", 1, "r4");
  EXPECT_THAT(requests(of_tenant("a")), ElementsAre("r4", "r3", "r2", "r1"));
  store::AuditQuery mine;
  mine.tenant_number = 1;
  mine.limit = 2;
  EXPECT_THAT(requests(mine), ElementsAre("r4", "r2"));
  EXPECT_TRUE(list(mine).has_more);
  mine.offset = 2;
  EXPECT_THAT(requests(mine), ElementsAre("r1"));
  EXPECT_EQ(get(store().audit().heads(reactor_, "there")).size(), 1U);
  EXPECT_EQ(get(store().audit().heads(reactor_, "here")).size(), 2U);
  EXPECT_EQ(get(store().audit().heads(reactor_, "")).size(), 3U);
  EXPECT_TRUE(verify().ok());
}

TEST_P(AuditContract, WhatWasAskedStandsBesideItsRecordUntilItIsForgotten) {
  make_tenant("a");
  const std::uint32_t number = get(store().tenants().find(reactor_, TenantId("a"))).number;
  append({full_record("a", number, "r1"), full_record("a", number, "r2")});
  telemetry::AuditContent content;
  content.tenant_number = number;
  content.request_id = "r1";
  content.time = full_record("a", number, "r1").time;
  content.text = R"({"prompt":"\u0000"})";
  const auto keep = [&] { return outcome(ask(store().audit().keep(reactor_, {content}))); };
  ASSERT_EQ(keep(), "ok");
  ASSERT_EQ(keep(), "ok") << "once more is once";
  store::AuditQuery query;
  EXPECT_EQ(list(query).data[1].content, "") << "nobody asked for it";
  query.with_content = true;
  EXPECT_EQ(list(query).data[1].content, content.text);
  EXPECT_EQ(list(query).data[0].content, "");
  get(store().audit().drop_contents(reactor_, content.time));
  EXPECT_EQ(list(query).data[1].content, content.text) << "it is not from before then";
  get(store().audit().drop_contents(reactor_, content.time + std::chrono::microseconds(1)));
  EXPECT_EQ(list(query).data[1].content, "");
  ASSERT_EQ(keep(), "ok");
  get(store().tenants().remove(reactor_, TenantId("a"), at(5), std::nullopt));
  EXPECT_EQ(list(query).data[1].content, "") << "it goes with its tenant, the record stays";
  EXPECT_TRUE(verify().ok());
}

TEST_P(AuditContract, AllOfACallAreKeptOrNone) {
  append("a", 1, "r1");
  AuditRecord nameless = full_record("a", 1, "r3");
  nameless.action.clear();
  const Status refused = ask(store().audit().append(reactor_, here_, {full_record("a", 1, "r2"), nameless}));
  EXPECT_FALSE(refused.ok());
  append("a", 1, "r4");
  EXPECT_THAT(requests({}), ElementsAre("r4", "r1"));
  EXPECT_TRUE(verify().ok());
}

TEST_P(AuditContract, OutliveTheirTenant) {
  make_tenant("a");
  append("a", 1, "r1");
  get(store().tenants().remove(reactor_, TenantId("a"), at(5), std::nullopt));
  EXPECT_THAT(requests(of_tenant("a")), ElementsAre("r1"));
  EXPECT_TRUE(verify().ok());
}

TEST_P(AuditContract, ManyAtOnceAreOneChain) {
  std::vector<Task<Status>> adding;
  for (int i = 0; i < 200; ++i) adding.push_back(store().audit().append(reactor_, here_, {full_record("a", 1, std::to_string(i))}));
  for (const Status& one : run_tasks(reactor_, std::move(adding))) EXPECT_EQ(outcome(one), "ok");
  const telemetry::AuditVerdict verdict = verify();
  EXPECT_EQ(verdict.records, 200U);
  EXPECT_TRUE(verdict.ok());
}

// Whoever began something and did not come back: it may have been done.
TEST_P(AuditContract, WhatWasBegunAndHasNoRecordGetsOne) {
  const AuditRecord full = full_record("demo", 1, "r-1");
  const std::int64_t recorded = intend(full), dropped = intend(full), left = intend(full_record("demo", 1, "r-2"));
  EXPECT_TRUE(recorded > 0 && dropped > recorded && left > dropped);
  AuditRecord done = full;
  done.intent = recorded;
  append({done});
  get(store().audit().drop_intent(reactor_, dropped));
  EXPECT_THAT(requests({}), ElementsAre("r-1")) << "what is intended is no record";
  EXPECT_EQ(settle(), 1U);
  EXPECT_EQ(settle(), 0U) << "once";
  const std::vector<AuditRow> rows = list({}).data;
  ASSERT_EQ(rows.size(), 2U);
  AuditRecord wanted = full_record("demo", 1, "r-2");
  wanted.outcome = "interrupted";
  wanted.rule = wanted.model = wanted.task = wanted.finish = "";
  wanted.status = 0;
  wanted.prompt_tokens = wanted.completion_tokens = 0;
  wanted.count = 1;
  EXPECT_EQ(rows[0].record, wanted);
  EXPECT_EQ(rows[0].sequence, 2U) << "of its chain, like any other";
}

}  // namespace
}  // namespace gatehouse::testing
