#include "gatehouse/gateway/usage.h"

#include <gmock/gmock.h>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test

const WallTime evening{1'700'006'399s};  // 2023-11-14T23:59:59Z

Usage usage_of(std::uint32_t prompt, std::uint32_t completion) {
  Usage usage;
  usage.prompt_tokens = prompt;
  usage.completion_tokens = completion;
  return usage;
}

TEST(UsageBook, AddsUpByTenantDayAndModel) {
  UsageBook book;
  book.add(TenantId("a"), "m", usage_of(5, 2), evening);
  book.add(TenantId("a"), "m", usage_of(1, 0), evening);
  book.add(TenantId("a"), "m", usage_of(7, 7), evening + 1s);
  book.add(TenantId("b"), "m", usage_of(1, 1), evening);
  const std::vector<store::UsageRow> rows = book.take();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].requests, 2);
  EXPECT_EQ(rows[0].prompt_tokens, 6);
  EXPECT_EQ(store::to_string(rows[0].day), "2023-11-14");
  EXPECT_EQ(store::to_string(rows[1].day), "2023-11-15");
  EXPECT_EQ(rows[2].tenant, TenantId("b"));
  EXPECT_TRUE(book.take().empty());
}

TEST(UsageBook, TakesBackWhatCouldNotBeWritten) {
  UsageBook book;
  book.add(TenantId("a"), "m", usage_of(5, 2), evening);
  const std::vector<store::UsageRow> rows = book.take();
  book.add(TenantId("a"), "m", usage_of(1, 1), evening);
  book.put_back(rows);
  const std::vector<store::UsageRow> again = book.take();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].requests, 2);
  EXPECT_EQ(again[0].completion_tokens, 3);
}

}  // namespace
}  // namespace gatehouse::gateway
