#include "progress.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

TEST(Progress, IsABarThatKeepsItsWidth) {
  EXPECT_EQ(progress_line("backup", 0, 7), "backup [------------------------------]   0 %");
  EXPECT_EQ(progress_line("backup", 3, 6), "backup [###############---------------]  50 %");
  EXPECT_EQ(progress_line("backup", 999'999, 1'000'000), "backup [#############################-]  99 %");
  EXPECT_EQ(progress_line("backup", 6, 6), "backup [##############################] 100 %");
}

TEST(Progress, MoreThanAllAndAllOfNothingAreTheEnd) {
  EXPECT_EQ(progress_line("x", 7, 6), progress_line("x", 6, 6));
  EXPECT_EQ(progress_line("x", 0, 0), progress_line("x", 6, 6));
}

}  // namespace
}  // namespace gatehouse::app
