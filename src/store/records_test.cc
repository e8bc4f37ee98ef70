#include "gatehouse/store/records.h"

#include <gmock/gmock.h>

#include "gatehouse/store/checks.h"

namespace gatehouse::store {
namespace {

TEST(Day, IsWrittenAndReadAsADate) {
  for (const char* text : {"2026-11-22", "0001-01-01", "9999-12-31", "2024-02-29"}) {
    ASSERT_TRUE(parse_day(text).has_value()) << text;
    EXPECT_EQ(to_string(*parse_day(text)), text);
  }
}

TEST(Day, IsNothingThatIsNoDate) {
  for (const char* text : {"", "2026-11-2", "2026-11-222", "2026-02-29", "2026-13-01", "2026-00-01", "0000-01-01", "2026/11/22",
                           "+026-11-22", "20 6-11-22", "2026-1a-22"}) {
    EXPECT_FALSE(parse_day(text).has_value()) << text;
  }
}

TEST(RevocationKind, HasOneNameEach) {
  for (const char* name : {"jti", "token_sha256", "session", "key", "user", "tenant"}) {
    ASSERT_TRUE(parse_revocation_kind(name).has_value()) << name;
    EXPECT_EQ(to_string(*parse_revocation_kind(name)), name);
  }
  EXPECT_FALSE(parse_revocation_kind("JTI").has_value());
  EXPECT_FALSE(parse_revocation_kind("").has_value());
}

TEST(Budgets, HaveOneNameForEachUnitAndPeriod) {
  for (const char* name : {"tokens", "money"}) {
    ASSERT_TRUE(parse_budget_unit(name).has_value()) << name;
    EXPECT_EQ(to_string(*parse_budget_unit(name)), name);
  }
  for (const char* name : {"day", "month", "total"}) {
    ASSERT_TRUE(parse_budget_period(name).has_value()) << name;
    EXPECT_EQ(to_string(*parse_budget_period(name)), name);
  }
  EXPECT_FALSE(parse_budget_unit("calls").has_value());
  EXPECT_FALSE(parse_budget_period("year").has_value());
}

TEST(RecordChecks, NameTheFieldAndWhatWouldBeRight) {
  Tenant tenant{TenantId(std::string(65, 'x'))};
  const Status refused = check(tenant);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "record_invalid");
  EXPECT_EQ(refused.error().param(), "id");
  EXPECT_EQ(refused.error().public_text(), "id must have at most 64 bytes");
  tenant.id = TenantId(std::string(64, 'x'));
  EXPECT_TRUE(check(tenant).ok());
}

TEST(RecordChecks, KnowWhatIsNoDate) {
  UsageRow row(TenantId("t"), Day(), ModelName("m"), "llm");
  EXPECT_FALSE(check(row).ok());
  row.day = *parse_day("2026-11-22");
  EXPECT_TRUE(check(row).ok());
  row.day = Day(std::chrono::year(10000), std::chrono::month(1), std::chrono::day(1));
  EXPECT_FALSE(check(row).ok());
}

}  // namespace
}  // namespace gatehouse::store
