// A passkey as second step: the browser asks for it, the form takes the answer along. Without a script, or
// where the browser knows no passkeys, the form stays hidden: the code of the authenticator always serves.
(function () {
  'use strict'
  var form = document.querySelector('form[data-passkey]')
  var data = document.getElementById('js_data')
  if (!form || !data || !window.PublicKeyCredential || !navigator.credentials) return

  function bytes (text) {
    var plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
    return Uint8Array.from(plain, function (sign) { return sign.charCodeAt(0) })
  }

  function text (buffer) {
    var plain = ''
    new Uint8Array(buffer).forEach(function (byte) { plain += String.fromCharCode(byte) })
    return btoa(plain).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  }

  function opened (options) {
    var key = options.publicKey
    key.challenge = bytes(key.challenge)
    if (key.user) key.user.id = bytes(key.user.id)
    var lists = (key.allowCredentials || []).concat(key.excludeCredentials || [])
    lists.forEach(function (known) { known.id = bytes(known.id) })
    return { publicKey: key }
  }

  function said (credential) {
    var answer = credential.response
    var out = { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: {} }
    var names = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']
    names.forEach(function (name) { if (answer[name]) out.response[name] = text(answer[name]) })
    if (answer.getTransports) out.response.transports = answer.getTransports()
    out.clientExtensionResults = credential.getClientExtensionResults()
    return JSON.stringify(out)
  }

  form.hidden = false
  form.addEventListener('submit', function (event) {
    if (form.elements.credential.value) return
    event.preventDefault()
    var asked = JSON.parse(data.textContent)
    var asking = form.dataset.passkey === 'create'
      ? navigator.credentials.create(opened(asked.creation_options))
      : navigator.credentials.get(opened(asked.request_options))
    asking.then(function (credential) {
      form.elements.credential.value = said(credential)
      form.submit()
    }).catch(function () {
      form.querySelector('[data-failed]').hidden = false
    })
  })
})()
