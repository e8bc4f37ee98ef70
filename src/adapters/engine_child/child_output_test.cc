#include "child_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "gatehouse/base/fake_clock.h"

namespace gatehouse::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ChildOutput_ : public testing::Test {
 protected:
  ChildOutput_() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    child_ = Fd(ends[1]);
    output_ = ChildOutput::start(reactor_, Fd(ends[0]), [this](const std::string& line) { lines_.push_back(line); });
  }
  void write(const std::string& bytes) {
    ASSERT_EQ(::write(child_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    turn();
  }
  void turn() {
    while (reactor_.context().poll() > 0) {
    }
  }

  FakeClock clock_;
  Reactor reactor_{0, clock_};
  Fd child_;
  std::shared_ptr<ChildOutput> output_;
  std::vector<std::string> lines_;
};

TEST_F(ChildOutput_, LinesComeWholeHoweverTheyAreWritten) {
  write("one\ntw");
  EXPECT_THAT(lines_, ElementsAre("one"));
  write("o\r\n\n");
  EXPECT_THAT(lines_, ElementsAre("one", "two"));
}

TEST_F(ChildOutput_, ALastLineWithoutAnEndIsSaidWhenTheChildIsGone) {
  write("GGML_ASSERT failed");
  EXPECT_THAT(lines_, IsEmpty());
  child_.reset();
  turn();
  EXPECT_THAT(lines_, ElementsAre("GGML_ASSERT failed"));
}

TEST_F(ChildOutput_, ALongLineIsCut) {
  std::string long_line(5000, 'x');
  long_line += "\nnext\n";
  write(long_line);
  EXPECT_THAT(lines_, ElementsAre(std::string(1024, 'x'), "next"));
}

TEST_F(ChildOutput_, AFloodIsCountedAndLeftOut) {
  for (int i = 0; i < 500; ++i) write("again\n");
  EXPECT_EQ(lines_.size(), 50U);
  clock_.advance(seconds(1));
  write("calm\n");
  EXPECT_EQ(lines_.size(), 52U);
  EXPECT_EQ(lines_[50], "(450 lines left out)");
  EXPECT_EQ(lines_[51], "calm");
}

TEST_F(ChildOutput_, NothingIsSaidAfterStop) {
  output_->stop();
  EXPECT_THAT(lines_, IsEmpty());
  turn();
  EXPECT_EQ(reactor_.context().poll(), 0U);
}

}  // namespace
}  // namespace gatehouse::adapters
