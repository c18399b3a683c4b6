#include "base/secret.h"

#include <type_traits>

#include "fmt/format.h"
#include "gtest/gtest.h"

namespace rexray {
namespace {

static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!fmt::is_formattable<Secret>::value, "a secret must not be printable");

TEST(SecretTest, ShowsOnlyItsMask) {
  EXPECT_EQ(Secret().Masked(), "");
  EXPECT_TRUE(Secret().empty());
  const Secret secret(std::string("hunter2"));
  EXPECT_EQ(secret.Masked(), "********");
  EXPECT_EQ(secret.Reveal(), "hunter2");
}

TEST(SecretTest, CopiesAndMoves) {
  Secret first(std::string("a secret that is too long for the small buffer"));
  const Secret copy = first;
  EXPECT_EQ(copy.Reveal(), first.Reveal());
  Secret moved = std::move(first);
  EXPECT_EQ(moved.Reveal(), copy.Reveal());
  Secret assigned(std::string("old"));
  assigned = moved;
  EXPECT_EQ(assigned.Reveal(), copy.Reveal());
  Secret& alias = assigned;
  assigned = alias;
  EXPECT_EQ(assigned.Reveal(), copy.Reveal());
  Secret target;
  target = std::move(assigned);
  EXPECT_EQ(target.Reveal(), copy.Reveal());
}

// The short ones live inside the object, where they can be looked at after a move.
TEST(SecretTest, NothingStaysBehindInAMovedFromSecret) {
  Secret first(std::string("hunter2"));
  const std::string& inside = first.Reveal();
  const Secret second = std::move(first);
  const std::string_view whole_buffer(inside.data(), inside.capacity());
  EXPECT_EQ(whole_buffer.find("unter"), std::string_view::npos);
}

}  // namespace
}  // namespace rexray
