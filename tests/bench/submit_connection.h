#pragma once
// A program that hands in messages without waiting for each answer.

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

namespace reporterd {

class SubmitConnection {
 public:
  explicit SubmitConnection(const std::filesystem::path& socket);
  ~SubmitConnection();
  SubmitConnection(const SubmitConnection&) = delete;
  SubmitConnection& operator=(const SubmitConnection&) = delete;

  bool connected() const { return connected_; }
  int descriptor() const { return socket_; }
  std::size_t unanswered() const { return unanswered_; }
  bool all_sent() const { return sent_ == to_send_.size(); }

  // Adds the request that submits this sample message.
  void add(std::size_t number);
  // Sends what the socket takes now. false: the other end is gone.
  bool send();
  // How many answers came, without waiting. An error: one that is no acceptance, or that the other
  // end is gone.
  std::expected<std::size_t, std::string> receive();

 private:
  int socket_;
  bool connected_;
  std::size_t unanswered_ = 0;
  std::string to_send_;
  std::size_t sent_ = 0;  // of to_send_
  std::string received_;  // the part of a line that came so far
};

}  // namespace reporterd
