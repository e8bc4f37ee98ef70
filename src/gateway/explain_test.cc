#include "explain.h"

#include <gmock/gmock.h>

#include "gatehouse/store/errors.h"

namespace gatehouse::gateway {
namespace {

TEST(Explanation, SaysWhatStaysInsideOfCredentialsAlone) {
  Explanation so_far;
  EXPECT_TRUE(so_far.add("route", ok(), "/"));
  EXPECT_FALSE(so_far.refusal());
  EXPECT_FALSE(so_far.refuse("credential", store::user_not_found(), "user u-1"));
  EXPECT_FALSE(so_far.add("object", store::store_unavailable("disk I/O error at /somewhere"), "it is there"));
  ASSERT_EQ(so_far.checks().size(), 3U);
  EXPECT_EQ(so_far.checks()[1].detail, "There is no such user: user u-1");
  EXPECT_EQ(so_far.checks()[1].rule, "user.not_found");
  EXPECT_EQ(so_far.checks()[2].detail, "The store is not available, please try again later");
  EXPECT_EQ(so_far.refusal()->reason(), "store_unavailable");
}

}  // namespace
}  // namespace gatehouse::gateway
