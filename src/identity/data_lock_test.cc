#include "gatehouse/identity/data_lock.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_folder.h"

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;

TEST(DataLock, NamesTheProcessThatHoldsIt) {
  const TestFolder folder;
  Result<DataLock> held = DataLock::take(folder.data());
  ASSERT_TRUE(held.ok()) << held.error().describe();
  const Result<DataLock> second = DataLock::take(folder.data());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason(), "data_in_use");
  EXPECT_THAT(second.error().public_text(), HasSubstr("process " + std::to_string(getpid())));
  EXPECT_EQ(contents(folder.data() / "lock"), std::to_string(getpid()) + "\n");
  const Result<DataLock> third = DataLock::take(folder.data());
  EXPECT_FALSE(third.ok()) << "an attempt that failed must not let go of the lock";
}

TEST(DataLock, SaysWhoHoldsItWithoutTouchingIt) {
  const TestFolder folder;
  EXPECT_EQ(DataLock::holder(folder.data()), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(folder.data() / "lock"));
  {
    const Result<DataLock> held = DataLock::take(folder.data());
    ASSERT_TRUE(held.ok()) << held.error().describe();
    EXPECT_EQ(DataLock::holder(folder.data()), std::to_string(getpid()));
    EXPECT_FALSE(DataLock::take(folder.data()).ok()) << "a look must not let go of the lock";
  }
  EXPECT_EQ(DataLock::holder(folder.data()), std::nullopt);
}

TEST(DataLock, IsFreeOnceItsHolderIsGone) {
  const TestFolder folder;
  {
    ASSERT_TRUE(DataLock::take(folder.data()).ok());
  }
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Result<DataLock> held = DataLock::take(folder.data());
    _exit(held.ok() ? 0 : 1);  // no destructor runs
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(DataLock::take(folder.data()).ok());
}

}  // namespace
}  // namespace gatehouse::identity
