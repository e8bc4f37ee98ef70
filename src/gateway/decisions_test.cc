#include "decisions.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

bool paid(Code code, Origin origin, std::uint32_t computed) {
  Usage usage;
  usage.prompt_tokens = computed;
  return is_paid_for(Error(code, origin, "reason", "It did not work"), usage);
}

TEST(WhatCameToNothing, IsPaidForWhereItIsTheAskersDoingOrTookAllTheTime) {
  EXPECT_TRUE(paid(Code::invalid_argument, Origin::caller, 0));
  EXPECT_TRUE(paid(Code::deadline_exceeded, Origin::gatehouse, 1)) << "else the dearest requests were free";
  EXPECT_FALSE(paid(Code::deadline_exceeded, Origin::gatehouse, 0)) << "it waited";
  EXPECT_FALSE(paid(Code::unavailable, Origin::engine, 7));
  EXPECT_FALSE(paid(Code::unavailable, Origin::gatehouse, 7));
}

}  // namespace
}  // namespace gatehouse::gateway
