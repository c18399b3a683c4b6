# The link check of dvdcli: no loader, no shared library, no resolver. A program that breaks it is deleted, so
# that the build fails each time.
execute_process(COMMAND ${READELF} -ldW ${PROGRAM} OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
if(headers MATCHES "INTERP|NEEDED")
  file(REMOVE ${PROGRAM})
  message(FATAL_ERROR "dvdcli must be static: readelf shows ${CMAKE_MATCH_0}")
endif()
execute_process(COMMAND ${NM} ${PROGRAM} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL
       "[^\n]* (getaddrinfo|freeaddrinfo|getnameinfo|_*gethostby[a-z_0-9]*|_*getservby[a-z_0-9]*|getpw[a-z_]*|__nss_[a-z_]*|_nss_[a-z_]*)\n"
       forbidden "${symbols}\n")
if(forbidden)
  file(REMOVE ${PROGRAM})
  message(FATAL_ERROR "dvdcli must not have glibc's resolver or NSS in it (static/no_resolver.cc): ${forbidden}")
endif()
